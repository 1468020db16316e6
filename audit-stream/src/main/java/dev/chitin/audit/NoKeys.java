package dev.chitin.audit;

import dev.chitin.bus.Deadline;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Withholds everything. */
final class NoKeys implements FieldSealer {

  @Override
  public boolean isReady(Subject subject) {
    return true;
  }

  @Override
  public Future<Void> prepare(Subject subject, Deadline deadline) {
    return Future.succeededFuture();
  }

  @Override
  public @Nullable String hash(GuardedField field, String tenant, String value) {
    return null;
  }

  @Override
  public Optional<String> find(Subject subject) {
    return Optional.empty();
  }

  @Override
  public @Nullable SealedName seal(Subject subject, byte[] place) {
    return null;
  }

  @Override
  public Optional<String> open(String box, byte[] place) {
    return Optional.empty();
  }
}
