package dev.chitin.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.gateway.logging.FormatEncoder;
import dev.chitin.gateway.logging.LogFormat;
import dev.chitin.vault.memory.ProcessGuard;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class LeakGuardTest {
  private static final String SECRET = "fake+/secret-0123456789-abcdef~";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
  private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
  private final LiveSecrets live = new LiveSecrets();
  private final List<AuditEvent> events = new CopyOnWriteArrayList<>();
  private LeakGuard guard;

  @BeforeEach
  void install() {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%logger [%thread] %mdc %msg%n%ex{full}");
    encoder.start();
    appender.setContext(context);
    appender.setName("captured");
    appender.setEncoder(encoder);
    appender.setOutputStream(out);
    appender.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    live.remember("t a 1", MemorySegment.ofArray(SECRET.getBytes(UTF_8)));
    guard = LeakGuard.install(live, log());
  }

  private AuditLog log() {
    return new AuditLog() {
      @Override
      public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
        events.add(event);
        return Future.succeededFuture(new LogPosition(0, Digest.ofUtf8("x")));
      }

      @Override
      public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
        return Future.failedFuture("not asked for here");
      }
    };
  }

  @AfterEach
  void remove() {
    guard.close();
    context.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(appender);
    appender.stop();
    live.close();
  }

  @Test
  void aSecretInAnyPartOfALineGoesOutRedactedAndRaisesAnAlarm() throws Exception {
    String hex = HexFormat.of().formatHex(SECRET.getBytes(UTF_8));
    String basic = Base64.getEncoder().encodeToString(("u:" + SECRET).getBytes(UTF_8));
    String url = java.net.URLEncoder.encode(SECRET, UTF_8).replace("%7E", "~");
    Logger logger = LoggerFactory.getLogger("dev.chitin.test");
    logger.info("token {}", SECRET);
    logger.warn("hex={} basic={} url={}", hex, basic, url);
    logger.error("failed", new IllegalStateException("with " + SECRET, new Error("and " + hex)));
    LoggerFactory.getLogger("named." + SECRET).info("by its name");
    MDC.put("header", basic);
    logger.info("in its context");
    MDC.clear();
    Thread thread = new Thread(() -> logger.info("on its thread"), "worker-" + SECRET);
    thread.start();
    thread.join();

    String written = out.toString(UTF_8);
    assertThat(written)
        .contains("token [chitin:redacted]", "by its name", "on its thread", "in its context")
        .contains("this is a defect of Chitin")
        .doesNotContain(SECRET, hex, url, basic.substring(8, 24));
    assertThat(live.alarms()).isGreaterThanOrEqualTo(6);
    assertThat(events)
        .contains(
            new AuditEvent.CredentialAccess("log", false, "leak", "unknown", null, "internal"));
  }

  @Test
  void aFindOnTheWayToAModelIsRecordedAndNoDefect() {
    for (String place : List.of("llm.prompt", "llm.tool_result", "llm.field")) {
      live.clean(place, "my key is " + SECRET);
      assertThat(events)
          .contains(
              new AuditEvent.CredentialAccess(place, false, "leak", "unknown", null, "internal"));
      assertThat(out.toString(UTF_8))
          .contains("a secret in use was kept from a model provider (" + place + ")")
          .doesNotContain("defect", SECRET);
    }
  }

  @Test
  void linesOfJsonAreGuardedLikeLinesOfText() throws Exception {
    guard.close();
    var encoder = new FormatEncoder();
    encoder.setContext(context);
    encoder.setPattern("%msg%n");
    encoder.start();
    LogFormat.JSON.use();
    appender.setEncoder(encoder);
    guard = LeakGuard.install(live, log());
    Logger logger = LoggerFactory.getLogger("dev.chitin.test");
    logger
        .atInfo()
        .addKeyValue("pair", SECRET)
        .log("token {}", SECRET, new IllegalStateException("with " + SECRET));
    String written = out.toString(UTF_8);
    assertThat(written)
        .contains("\"message\":\"token [chitin:redacted]\"", "\"pair\":\"[chitin:redacted]\"")
        .doesNotContain(SECRET);
    for (String line : written.lines().toList()) {
      assertThat(StrictJson.parse(line.getBytes(UTF_8))).isInstanceOf(JsonValue.Obj.class);
    }
    assertThat(live.alarms()).isPositive();
    LogFormat.TEXT.use();
  }

  @Test
  void withoutASecretALineIsAsItWas() {
    LoggerFactory.getLogger("dev.chitin.test").info("nothing of it: {}", SECRET.substring(0, 11));
    assertThat(out.toString(UTF_8)).contains("nothing of it: " + SECRET.substring(0, 11));
    assertThat(live.alarms()).isZero();
    assertThat(events).isEmpty();
  }

  @Test
  void theProofsOfTheProcessTellAnOpenOneFromAClosedOne() {
    assertThat(ProcessProof.memory(new ProcessGuard.State(true, 0)).verdict())
        .isEqualTo(Verdict.INERT);
    assertThat(ProcessProof.core(new ProcessGuard.State(false, -1)).verdict())
        .isEqualTo(Verdict.INERT);
    assertThat(ProcessProof.heapDump(true).verdict()).isEqualTo(Verdict.INERT);
    assertThat(ProcessProof.attach(false).verdict()).isEqualTo(Verdict.DEGRADED);
    ProcessGuard.close();
    assertThat(ProcessGuard.state().closed()).isTrue();
    assertThat(ProcessProof.findings())
        .extracting(Doctor.Finding::verdict)
        .startsWith(Verdict.PROVEN, Verdict.PROVEN, Verdict.PROVEN);
  }
}
