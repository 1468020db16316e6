package dev.chitin.gateway.auth;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries changes of keys out in the order that errs on the safe side: what gives rights is on
 * record before it holds, and without a record it never does; what takes rights away holds first,
 * whatever log and disk say of it.
 */
public final class KeyChanges {
  private static final Logger LOG = LoggerFactory.getLogger(KeyChanges.class);
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final AuditLog audit;
  private final Runnable ended;

  /**
   * @param vertx whose workers wait for the disk
   * @param ended told when credentials may have ended
   */
  public KeyChanges(Vertx vertx, AuditLog audit, Runnable ended) {
    this.vertx = vertx;
    this.audit = audit;
    this.ended = ended;
  }

  /** The answer to whoever asked, once it may be given. */
  public Future<JsonValue.Obj> make(
      KeyOperations keys, Function<KeyOperations, KeyOperations.Change> asked) {
    return blocking(() -> asked.apply(keys))
        .compose(change -> change.ends() ? end(keys, change) : give(change));
  }

  private Future<JsonValue.Obj> give(KeyOperations.Change change) {
    return record(change.record())
        .compose(recorded -> blocking(change.effect()::take))
        // A key that was replaced may have ended with it.
        .onSuccess(given -> ended.run());
  }

  private Future<JsonValue.Obj> end(KeyOperations keys, KeyOperations.Change change) {
    return blocking(change.effect()::take)
        .onSuccess(done -> ended.run())
        .compose(
            answer ->
                record(change.record())
                    .recover(failure -> Future.failedFuture(unrecorded(change, failure)))
                    .map(
                        recorded -> {
                          keys.requireWritten();
                          return answer;
                        }));
  }

  private <T> Future<T> blocking(Callable<T> work) {
    return vertx.executeBlocking(work, false).map(Objects::requireNonNull);
  }

  private Future<Void> record(AuditEvent.KeyChange record) {
    return audit.append(record, Deadline.after(RECORD)).mapEmpty();
  }

  private static Throwable unrecorded(KeyOperations.Change change, Throwable failure) {
    LOG.error("{} holds, and is not in the audit log", change.record());
    Problem problem = ChitinException.from(failure).problem();
    return new Problem(
            problem.code(),
            "It is refused from now on, but that is not on record: " + problem.detail(),
            problem.rule(),
            problem.hint(),
            problem.errors())
        .toException(failure);
  }
}
