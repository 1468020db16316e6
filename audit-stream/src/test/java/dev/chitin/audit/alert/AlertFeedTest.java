package dev.chitin.audit.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.Awaiting;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.LogReader;
import dev.chitin.audit.Receipt;
import dev.chitin.audit.Story;
import dev.chitin.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules follow a real log, and each alert is in it once, whatever happens in between. */
class AlertFeedTest {
  private static final String ORIGIN = "chitin.local/audit/n1";

  private final Vertx vertx = Vertx.vertx();
  private final List<LogEntry> handedOn = new CopyOnWriteArrayList<>();
  @TempDir private Path directory;
  private DurableAuditLog log;
  private Path state;

  @BeforeEach
  void open() {
    log =
        DurableAuditLog.open(
            AuditSettings.of(directory.resolve("log"), "n1", "0.1.0")
                .withSegmentBytes(1 << 20)
                .withMinFreeBytes(0));
    state = directory.resolve("alerts.state");
  }

  @AfterEach
  void close() {
    log.close();
    vertx.close().await();
  }

  private String feed(AuditLog audit, AlertEngine engine, long storeMillis) {
    var feed =
        new AlertFeed(
            directory.resolve("log"),
            audit,
            engine,
            new AlertState(state, ORIGIN),
            () -> new LogHealth(log.metrics().size(), Long.MAX_VALUE, 0, 0, false),
            handedOn::add,
            Clock.systemUTC(),
            storeMillis);
    return vertx.deployVerticle(feed).await();
  }

  private void append(AuditEvent event) {
    log.append(event, Deadline.after(Duration.ofSeconds(30))).await();
  }

  private void wrongKeys(int count) {
    for (int i = 0; i < count; i++) {
      append(Story.wrongKey(null, "192.0.2.1"));
    }
  }

  private long alertsInLog() {
    return new LogReader(directory.resolve("log"))
        .read(0, 1_000).stream().filter(entry -> Observed.of(entry).isAlert()).count();
  }

  @Test
  void anAlertIsRecordedOnceAndHandedOnWhenItIsDurable() throws Exception {
    feed(log, new AlertEngine(AlertSettings.DEFAULT), 10_000);
    wrongKeys(2);
    wrongKeys(10);
    append(Story.leak());
    Awaiting.until(() -> handedOn.size() == 2);
    assertThat(handedOn).allMatch(entry -> Observed.of(entry).isAlert());
    assertThat(alertsInLog()).isEqualTo(2);
  }

  @Test
  void whatWasThereBeforeIsLearnedAndRaisesNothing() throws Exception {
    wrongKeys(10);
    var engine = new AlertEngine(AlertSettings.DEFAULT);
    feed(log, engine, 10_000);
    append(Story.leak());
    Awaiting.until(() -> handedOn.size() == 1);
    assertThat(engine.raised(AlertRule.AUTH_PEER)).isZero();
    assertThat(alertsInLog()).isEqualTo(1);
  }

  @Test
  void afterACrashWhatIsRaisedAlreadyIsNotRaisedAgain() throws Exception {
    String first = feed(log, new AlertEngine(AlertSettings.DEFAULT), 0);
    append(Story.limited("192.0.2.9", 0));
    Awaiting.until(() -> Files.exists(state));
    byte[] before = Files.readAllBytes(state);
    append(Story.leak());
    Awaiting.until(() -> handedOn.size() == 1);
    vertx.undeploy(first).await();
    Files.write(state, before); // As a crash would have left it.
    feed(log, new AlertEngine(AlertSettings.DEFAULT), 10_000);
    Awaiting.until(() -> handedOn.size() == 2);
    wrongKeys(5);
    Awaiting.until(() -> handedOn.size() == 3);
    assertThat(alertsInLog()).isEqualTo(2);
    assertThat(handedOn.get(0).index()).isEqualTo(handedOn.get(1).index());
  }

  @Test
  void anAlertThatACrashLostIsRaisedAtTheNextStart() throws Exception {
    var lost = new AtomicBoolean();
    String first = feed(log, new AlertEngine(AlertSettings.DEFAULT), 0);
    append(Story.limited("192.0.2.9", 0));
    Awaiting.until(() -> Files.exists(state));
    byte[] before = Files.readAllBytes(state);
    vertx.undeploy(first).await();
    Files.write(state, before);
    String second = feed(new Deaf(lost), new AlertEngine(AlertSettings.DEFAULT), 3_600_000);
    append(Story.leak());
    Awaiting.until(lost::get);
    vertx.undeploy(second).await();
    Files.write(state, before);
    feed(log, new AlertEngine(AlertSettings.DEFAULT), 10_000);
    Awaiting.until(() -> handedOn.size() == 1);
    assertThat(alertsInLog()).isEqualTo(1);
  }

  @Test
  void aDamagedStateIsLearnedAnew() throws Exception {
    for (byte[] damaged : List.of(new byte[0], new byte[3], new byte[64])) {
      Files.write(state, damaged);
      String id = feed(log, new AlertEngine(AlertSettings.DEFAULT), 10_000);
      vertx.undeploy(id).await();
    }
    byte[] whole = Files.readAllBytes(state);
    for (int i = 0; i < whole.length; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 1;
      Files.write(state, flipped);
      assertThat(
              new AlertState(state, ORIGIN).load(new AlertEngine(AlertSettings.DEFAULT)).isEmpty())
          .isTrue();
    }
    Files.write(state, whole);
    assertThat(new AlertState(state, "other").load(new AlertEngine(AlertSettings.DEFAULT)))
        .isEmpty();
    assertThat(new AlertState(state, ORIGIN).load(new AlertEngine(AlertSettings.DEFAULT)))
        .isPresent();
  }

  /** A log that takes nothing. */
  private record Deaf(AtomicBoolean asked) implements AuditLog {
    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      asked.set(true);
      return Future.failedFuture(new IOException("lost"));
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      return Future.failedFuture(new IOException("lost"));
    }
  }
}
