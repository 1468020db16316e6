package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuthFailuresTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<AuditEvent.AuthFailure> recorded = new ArrayList<>();
  private final AuthFailures failures = new AuthFailures(vertx, new Recorder());

  private final class Recorder implements AuditLog {
    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      recorded.add((AuditEvent.AuthFailure) event);
      return Future.succeededFuture(new LogPosition(0, Digest.ofUtf8("")));
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      throw new AssertionError("nothing is authorized here");
    }
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private void refuse(@Nullable String keyId, String peer) {
    failures.refused(
        new Verdict.Refused(
            Problem.of(ProblemCode.AUTH_INVALID, "No."), AuthFailureKind.KEY, "api_key", keyId),
        peer);
  }

  private long told() {
    return recorded.stream().mapToLong(AuditEvent.AuthFailure::count).sum();
  }

  @Test
  void aFewAreRecordedEachAtOnce() {
    refuse("k1", "192.0.2.1");
    refuse("k1", "192.0.2.1");
    assertThat(recorded)
        .containsExactly(
            new AuditEvent.AuthFailure("auth.invalid", "api_key", "k1", "192.0.2.1", 1),
            new AuditEvent.AuthFailure("auth.invalid", "api_key", "k1", "192.0.2.1", 1));
  }

  @Test
  void aFloodIsRecordedWithACountAndNoneOfItIsLost() {
    for (int i = 0; i < 100_000; i++) {
      refuse(null, "192.0.2.1");
    }
    assertThat(recorded).hasSize(AuthFailures.AT_ONCE);
    failures.tell();
    assertThat(recorded).hasSize(AuthFailures.AT_ONCE + 1);
    assertThat(told()).isEqualTo(100_000);
    assertThat(recorded.getLast().peer()).isEqualTo("192.0.2.1");
    failures.tell();
    assertThat(recorded).hasSize(AuthFailures.AT_ONCE + 1);
  }

  @Test
  void oneOfManyKeysAndAddressesIsBoundedToo() {
    for (int i = 0; i < 50_000; i++) {
      refuse("k" + i, "192.0.2." + i % 250);
    }
    failures.close();
    assertThat(recorded).hasSize(AuthFailures.AT_ONCE + AuthFailures.MOST_KINDS + 1);
    assertThat(told()).isEqualTo(50_000);
    assertThat(recorded).anyMatch(event -> event.peer().equals("(others)"));
  }

  @Test
  void aCheckThatCouldNotBeMadeIsNobodysFault() {
    failures.refused(
        new Verdict.Refused(
            Problem.of(ProblemCode.AUTH_INVALID, "No."), AuthFailureKind.UNAVAILABLE, "jwt", null),
        "192.0.2.1");
    failures.close();
    assertThat(recorded).isEmpty();
    assertThat(failures.of(AuthFailureKind.UNAVAILABLE)).isEqualTo(1);
  }
}
