package dev.chitin.gateway.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ConfigChange;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All of a changed configuration is taken over, or nothing of it. */
class ConfigReloadTest {
  private static final String OLD =
      "{ gateway: { port: 1, rate_limit: { requests_per_minute: 60 } } }";

  @TempDir private Path folder;
  private Path file;
  private final List<ConfigChange> recorded = new ArrayList<>();
  private final List<Configuration> applied = new ArrayList<>();
  private final CountDownLatch tookOver = new CountDownLatch(1);
  private final CountDownLatch refused = new CountDownLatch(1);
  private boolean logFails;
  private boolean unsound;

  private final AuditLog audit =
      new AuditLog() {
        @Override
        public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
          if (logFails) {
            return Future.failedFuture(
                Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "gone").toException());
          }
          recorded.add((ConfigChange) event);
          if (!recorded.getLast().outcome().equals(ConfigChange.APPLIED)) {
            refused.countDown();
          }
          return Future.succeededFuture(
              new LogPosition(recorded.size(), Digest.ofUtf8(event.toString())));
        }

        @Override
        public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
          throw new AssertionError("nothing runs here");
        }
      };

  @BeforeEach
  void file() {
    file = folder.resolve("chitin.json5");
  }

  private ConfigReload started() throws IOException, ConfigException {
    Files.writeString(file, OLD);
    return new ConfigReload(
        new ConfigSource(file, Map.of(), Configuration.load(file, Map.of())),
        audit,
        next -> {
          if (unsound) {
            throw Problem.of(ProblemCode.CONFIG_INVALID, "cors_origins is unsound").toException();
          }
          return () -> {
            applied.add(next);
            tookOver.countDown();
            return Future.succeededFuture();
          };
        });
  }

  @Test
  void aChangeOfLiveKeysIsRecordedAndTakenOver() throws Exception {
    ConfigReload reload = started();
    Files.writeString(
        file,
        "{ gateway: { port: 1, access_log: true, rate_limit: { requests_per_minute: 61 } } }");
    JsonValue.Obj answer = reload.run("tester");
    assertThat(answer.get("keys"))
        .isEqualTo(
            JsonValue.Arr.ofStrings(
                List.of("gateway.access_log", "gateway.rate_limit.requests_per_minute")));
    assertThat(applied).hasSize(1);
    ConfigChange change = recorded.getFirst();
    assertThat(change.actor()).isEqualTo("tester");
    assertThat(change.outcome()).isEqualTo("applied");
    assertThat(change.newDigest())
        .isEqualTo(ConfigReload.digest(Configuration.load(file, Map.of())))
        .isNotEqualTo(change.oldDigest());
    assertThat(reload.run("tester").get("outcome")).isEqualTo(new JsonValue.Str("unchanged"));
    assertThat(recorded).hasSize(1);
  }

  @Test
  void aKeyThatNeedsARestartIsRefusedByNameAndNothingElseIsTakenOver() throws Exception {
    ConfigReload reload = started();
    Files.writeString(file, "{ gateway: { port: 2, rate_limit: { requests_per_minute: 61 } } }");
    assertThatThrownBy(() -> reload.run("tester"))
        .hasMessageContaining("gateway.port")
        .hasMessageContaining("needs a restart");
    assertThat(applied).isEmpty();
    assertThat(recorded.getFirst().outcome()).isEqualTo("config.needs_restart");
    assertThat(reload.refused()).isEqualTo(1);
    Files.writeString(file, OLD);
    assertThat(reload.run("tester").get("outcome")).isEqualTo(new JsonValue.Str("unchanged"));
  }

  @Test
  void aFileThatIsGoneIsRefusedAndDoesNotMeanTheDefaults() throws Exception {
    ConfigReload reload = started();
    Files.delete(file);
    assertThatThrownBy(() -> reload.run("file")).hasMessageContaining(file + ": is gone");
    assertThat(applied).isEmpty();
    assertThat(recorded.getFirst().outcome()).isEqualTo("config.invalid");
    assertThat(reload.refusal().orElseThrow()).contains(file + ": is gone");
    Files.writeString(file, OLD);
    assertThat(reload.run("file").get("outcome")).isEqualTo(new JsonValue.Str("unchanged"));
    assertThat(reload.refusal()).isEmpty();
  }

  @Test
  void aFileThatCannotBeReadIsRefusedWithItsPlace() throws Exception {
    ConfigReload reload = started();
    Files.writeString(file, "{ gateway: {\n  rate_limitt: {} } }");
    assertThatThrownBy(() -> reload.run("tester"))
        .hasMessageContaining("chitin.json5:2:")
        .hasMessageContaining("rate_limit");
    assertThat(applied).isEmpty();
    assertThat(recorded.getFirst().outcome()).isEqualTo("config.invalid");
  }

  @Test
  void whatTheTableOfKeysCannotSayRefusesAllOfItToo() throws Exception {
    ConfigReload reload = started();
    Files.writeString(file, "{ gateway: { port: 1, cors_origins: ['*'] } }");
    unsound = true;
    assertThatThrownBy(() -> reload.run("tester")).hasMessageContaining("unsound");
    assertThat(applied).isEmpty();
  }

  @Test
  void aChangeThatCannotBeRecordedDoesNotTakeEffect() throws Exception {
    ConfigReload reload = started();
    Files.writeString(file, "{ gateway: { port: 1, access_log: true } }");
    logFails = true;
    assertThatThrownBy(() -> reload.run("tester")).hasMessageContaining("gone");
    assertThat(applied).isEmpty();
    logFails = false;
    assertThat(reload.run("tester").get("outcome")).isEqualTo(new JsonValue.Str("applied"));
  }

  @Test
  void onlyWholeKeysAreLive() {
    assertThat(ConfigReload.isLive("gateway.hosts")).isTrue();
    assertThat(ConfigReload.isLive("gateway.rate_limit.burst")).isTrue();
    assertThat(ConfigReload.isLive("gateway.hostsx")).isFalse();
    assertThat(ConfigReload.isLive("gateway")).isFalse();
    assertThat(ConfigReload.isLive("policy.grants.fs_read")).isFalse();
  }

  @Test
  void whatChangedWhileTheGatewayStartedIsTakenOver() throws Exception {
    ConfigReload reload = started();
    Files.writeString(file, OLD.replace("60", "61"));
    Vertx vertx = Vertx.vertx();
    try (var watch = new ConfigWatch(vertx, file, reload)) {
      assertThat(watch).isNotNull();
      tookOver.await();
    } finally {
      vertx.close().await();
    }
    assertThat(applied).hasSize(1);
  }

  /** Who may read and write it is looked at as well: the next start refuses such a file. */
  @Test
  void aFileThatEverybodyMayWriteIsRefusedThoughItSaysTheSame() throws Exception {
    ConfigReload reload = started();
    Files.writeString(file, OLD.replace("60", "61"));
    Vertx vertx = Vertx.vertx();
    try (var watch = new ConfigWatch(vertx, file, reload)) {
      assertThat(watch).isNotNull();
      tookOver.await();
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
      refused.await();
    } finally {
      vertx.close().await();
    }
    assertThat(reload.refusal().orElseThrow()).contains("may be written by everybody");
  }
}
