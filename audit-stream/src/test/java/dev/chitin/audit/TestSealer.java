package dev.chitin.audit;

import dev.chitin.bus.Deadline;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys of a test: nothing is secret, but who has none and what was opened where is as it is. */
class TestSealer implements FieldSealer {
  private final Set<Subject> ready = new HashSet<>();
  private final Map<String, Boxed> boxes = new HashMap<>();
  final boolean able;

  @SuppressWarnings("ArrayRecordComponent") // a test's own
  private record Boxed(String name, byte[] place) {}

  /**
   * @param able whether keys can be made
   */
  TestSealer(boolean able) {
    this.able = able;
  }

  @Override
  public synchronized boolean isReady(Subject subject) {
    return ready.contains(subject);
  }

  @Override
  public synchronized Future<Void> prepare(Subject subject, Deadline deadline) {
    if (able) {
      ready.add(subject);
    }
    return Future.succeededFuture();
  }

  @Override
  public @Nullable String hash(GuardedField field, String tenant, String value) {
    return "h1:" + field.text() + "-" + tenant + "-" + Integer.toHexString(value.hashCode());
  }

  @Override
  public synchronized Optional<String> find(Subject subject) {
    return ready.contains(subject)
        ? Optional.of("h1:" + Integer.toHexString(subject.hashCode()))
        : Optional.empty();
  }

  @Override
  public synchronized @Nullable SealedName seal(Subject subject, byte[] place) {
    if (!ready.contains(subject)) {
      return null;
    }
    String box = "s1:" + boxes.size();
    boxes.put(box, new Boxed(subject.name(), place));
    return new SealedName(find(subject).orElseThrow(), box);
  }

  @Override
  public synchronized Optional<String> open(String box, byte[] place) {
    return Optional.ofNullable(boxes.get(box))
        .filter(boxed -> Arrays.equals(boxed.place(), place))
        .map(Boxed::name);
  }
}
