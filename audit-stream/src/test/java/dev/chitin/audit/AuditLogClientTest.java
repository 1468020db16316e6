package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.completed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuditLogClientTest {
  private static final LogPosition POSITION = new LogPosition(7, Digest.of());
  private static final Receipt RECEIPT =
      new Receipt("log", POSITION, Digest.of(), "decision", "boot", 0, Bytes.EMPTY);

  private final Vertx vertx = Vertx.vertx();
  private final Bus bus = Bus.of(vertx);
  private final AuditLogClient client = new AuditLogClient(bus);

  /**
   * A log that has the record on disk in time, and whose answer is looked at after the deadline.
   */
  private final class AnsweredLate implements AuditLog {
    private <T> Future<T> late(T answer, Deadline deadline) {
      return vertx.timer(deadline.remainingMillis() + 50).map(answer);
    }

    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      return late(POSITION, deadline);
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      return late(RECEIPT, deadline);
    }
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  @Test
  void whatTheLogAnsweredCountsThoughItIsReadAfterTheDeadline() {
    await(vertx.deployVerticle(new AuditVerticle(bus, new AnsweredLate())));
    Future<Receipt> receipt =
        client.authorize(authorized("c"), Deadline.after(Duration.ofMillis(50)));
    assertThat(await(receipt)).isEqualTo(RECEIPT);
    Future<LogPosition> end = client.append(completed("c"), Deadline.after(Duration.ofMillis(50)));
    assertThat(await(end)).isEqualTo(POSITION);
  }
}
