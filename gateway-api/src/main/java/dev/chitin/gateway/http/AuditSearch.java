package dev.chitin.gateway.http;

import dev.chitin.audit.FieldSealer.Subject;
import dev.chitin.audit.GuardedField;
import dev.chitin.audit.SealedFields;
import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventIndex;
import dev.chitin.audit.query.EventPage;
import dev.chitin.audit.query.EventQuery;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.FieldKeys;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds entries of the log and follows it with the index, once a second, behind everything else.
 * Safe for use from any thread.
 */
public final class AuditSearch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditSearch.class);
  private static final long FOLLOW_MILLIS = 1_000;
  private static final int BLOCKS_AT_ONCE = 32;

  private final Vertx vertx;
  private final AuditReads reads;
  private final Path directory;
  private final EventIndex index;
  private final FieldKeys keys;
  private final SealedFields sealed;
  private final long timer;
  private final AtomicBoolean following = new AtomicBoolean();
  private volatile boolean behind;

  /**
   * Opens the index; blocks.
   *
   * @param directory the log's
   * @param origin the log's name
   */
  public AuditSearch(Vertx vertx, AuditReads reads, Path directory, String origin, FieldKeys keys) {
    this.vertx = vertx;
    this.reads = reads;
    this.directory = directory;
    this.keys = keys;
    this.sealed = new SealedFields(origin, keys);
    try {
      this.index = EventIndex.open(directory);
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.AUDIT_UNAVAILABLE, "The index of the audit log cannot be opened.")
          .withHint("Check the audit directory's owner; events.index there can be removed.")
          .toException(e);
    }
    this.timer = vertx.setPeriodic(1, FOLLOW_MILLIS, due -> follow());
  }

  /** One round, unless one is under way. */
  private void follow() {
    if (following.compareAndSet(false, true)) {
      reads
          .read(() -> index.follow(BLOCKS_AT_ONCE))
          .onComplete(
              more -> {
                following.set(false);
                tell(more.cause());
                if (more.succeeded() && more.result()) {
                  vertx.runOnContext(soon -> follow());
                }
              });
    }
  }

  /** That it begins to fail, and that it goes on, once each. */
  private void tell(@Nullable Throwable failure) {
    if (failure != null && !behind) {
      LOG.warn("the index of the audit log does not follow it", failure);
    } else if (failure == null && behind) {
      LOG.info("the index of the audit log follows it again");
    }
    behind = failure != null;
  }

  Future<EventPage> search(
      EventFilter filter, OptionalLong cursor, int limit, boolean newestFirst) {
    return reads.read(
        () -> new EventQuery(directory, index, filter, limit, newestFirst).page(cursor));
  }

  /** How entries name somebody: under his key, and in clear where the operator has it so. */
  List<String> names(String tenant, String principal) {
    List<String> names = new ArrayList<>(List.of(principal));
    keys.find(new Subject(tenant, principal)).ifPresent(names::add);
    String address = keys.hash(GuardedField.ADDRESS, "", principal);
    if (address != null) {
      names.add(address);
    }
    return names;
  }

  /** How entries name a tool, whether there is one of that name or not. */
  List<String> tools(String tenant, String tool) {
    List<String> names = new ArrayList<>(List.of(tool));
    Optional.ofNullable(keys.hash(GuardedField.UNKNOWN_TOOL, tenant, tool)).ifPresent(names::add);
    return names;
  }

  FieldKeys keys() {
    return keys;
  }

  SealedFields sealed() {
    return sealed;
  }

  Path directory() {
    return directory;
  }

  AuditReads reads() {
    return reads;
  }

  @Override
  public void close() throws IOException {
    vertx.cancelTimer(timer);
    index.close();
  }
}
