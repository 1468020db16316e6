package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In which order a change of keys holds and is recorded, and what a log that fails does to it. */
class KeyChangesTest {
  private static final List<String> WIDER = List.of("admin");
  private static final RevokedToken TOKEN = new RevokedToken(RevokedToken.By.JTI, "t1", null);

  @TempDir private Path directory = Path.of("");
  private final Vertx vertx = Vertx.vertx();
  private KeyStore keys;
  private KeyOperations operations;
  private KeyChanges changes;

  /** What was seen to hold when each record was asked for. */
  private final List<String> recorded = new ArrayList<>();

  private long now = 1_000;
  private boolean broken;
  private int ended;

  @BeforeEach
  void open() {
    keys = KeyStore.open(directory, () -> Instant.ofEpochMilli(now));
    operations = new KeyOperations(keys, List.of(), "boss");
    changes = new KeyChanges(vertx, new Recorder(), () -> ended++);
  }

  @AfterEach
  void close() {
    keys.close();
    vertx.close().await();
  }

  private final class Recorder implements AuditLog {
    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      if (broken) {
        return Future.failedFuture(
            Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The disk is gone.")
                .withHint("Bring it back.")
                .toException());
      }
      AuditEvent.KeyChange change = (AuditEvent.KeyChange) event;
      recorded.add(change.action() + " beside " + keys.list().size() + ", by " + change.actor());
      return Future.succeededFuture(new LogPosition(0, Digest.ofUtf8("leaf")));
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      throw new AssertionError("no call is made");
    }
  }

  private JsonValue.Obj make(Function<KeyOperations, KeyOperations.Change> asked) {
    return changes.make(operations, asked).await();
  }

  private static JsonFields body(JsonValue.Builder fields) {
    return JsonFields.of(fields.build(), "");
  }

  private static JsonValue.Builder spec() {
    return JsonValue.object().put("name", "holder").put("role", "agent");
  }

  private static JsonFields overlap() {
    return body(JsonValue.object().put("overlapMs", 0));
  }

  private static JsonFields token() {
    return body(JsonValue.object().put("jti", "t1"));
  }

  private String created() {
    return id(make(operations -> operations.create(body(spec()))));
  }

  private static String id(JsonValue.Obj answer) {
    return JsonFields.of(answer, "").string("id").orElseThrow();
  }

  private void isUnavailable(Function<KeyOperations, KeyOperations.Change> asked, String detail) {
    assertThatThrownBy(() -> make(asked))
        .isInstanceOfSatisfying(
            ChitinException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(ProblemCode.AUDIT_UNAVAILABLE);
              assertThat(failure.problem().detail()).isEqualTo(detail);
              assertThat(failure.problem().hint()).isEqualTo("Bring it back.");
            });
  }

  @Test
  void whatGivesRightsIsOnRecordBeforeItHoldsAndWhatTakesThemAwayAfter() {
    String id = created();
    String next = id(make(operations -> operations.rotate(id, overlap())));
    make(operations -> operations.revoke(next));
    assertThat(recorded)
        .containsExactly(
            "create beside 0, by boss", "rotate beside 1, by boss", "revoke beside 1, by boss");
    assertThat(ended).as("what hangs on credentials was looked at").isEqualTo(3);
  }

  @Test
  void withoutARecordNoRightIsGiven() {
    String id = created();
    make(operations -> operations.revokeToken(token()));
    broken = true;
    isUnavailable(operations -> operations.create(body(spec())), "The disk is gone.");
    isUnavailable(operations -> operations.rotate(id, overlap()), "The disk is gone.");
    isUnavailable(operations -> operations.restoreToken(token()), "The disk is gone.");
    assertThat(keys.list()).extracting(KeyRecord::id).containsExactly(id);
    assertThat(keys.holds(id)).isTrue();
    assertThat(keys.revokedTokens()).containsExactly(TOKEN);
  }

  @Test
  void withoutARecordRightsAreTakenAwayAllTheSameAndTheAnswerSaysSo() {
    String id = created();
    broken = true;
    String said = "It is refused from now on, but that is not on record: The disk is gone.";
    isUnavailable(operations -> operations.revoke(id), said);
    isUnavailable(operations -> operations.revokeToken(token()), said);
    assertThat(keys.list()).isEmpty();
    assertThat(keys.revokedTokens()).containsExactly(TOKEN);
    assertThat(ended).isEqualTo(3);
  }

  /** What is not possible is refused before there is a record of it. */
  @Test
  void whatIsNotPossibleIsNotOnRecord() {
    assertThatThrownBy(() -> make(operations -> operations.revoke("none")))
        .hasMessageContaining("request.not_found");
    assertThatThrownBy(() -> make(operations -> operations.rotate("none", overlap())))
        .hasMessageContaining("request.not_found");
    assertThatThrownBy(() -> make(operations -> operations.restoreToken(token())))
        .hasMessageContaining("request.not_found");
    assertThatThrownBy(
            () -> make(operations -> operations.create(body(spec().put("scopes", WIDER)))))
        .hasMessageContaining("request.arguments_invalid");
    assertThat(recorded).isEmpty();
    String brief = id(make(operations -> operations.create(body(spec().put("lifeMs", 1_000)))));
    now += 1_000;
    assertThatThrownBy(() -> make(operations -> operations.rotate(brief, overlap())))
        .hasMessageContaining("The key has expired");
    assertThat(recorded).hasSize(1);
    assertThat(ended).isEqualTo(1);
  }
}
