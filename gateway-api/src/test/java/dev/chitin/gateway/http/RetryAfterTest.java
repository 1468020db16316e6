package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.calls.IdempotencyClaim;
import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client is asked to come again where that can help, and nowhere else. */
class RetryAfterTest {
  private static final String OWNER = "default/agent";

  private final Vertx vertx = Vertx.vertx();
  private final LiveSecrets live = new LiveSecrets();
  private final TrackedCalls calls = new TrackedCalls(StreamBounds.DEFAULT);

  @AfterEach
  void close() {
    vertx.close().await();
    live.close();
  }

  private static ChitinException of(ProblemCode code) {
    return Problem.of(code, "It is so.").toException();
  }

  private HttpClientResponse answer(Consumer<Exchange> answers) throws Exception {
    int port =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> answers.accept(new Exchange(request, "req_1", null, Map.of(), live)))
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    return vertx
        .createHttpClient()
        .request(HttpMethod.GET, port, "127.0.0.1", "/")
        .compose(asking -> asking.send())
        .await(1, TimeUnit.MINUTES);
  }

  private void assertAskedAgain(ProblemCode code, boolean again) throws Exception {
    HttpClientResponse answer = answer(exchange -> exchange.fail(of(code), null));
    assertThat(answer.statusCode()).isEqualTo(code.status());
    assertThat(answer.headers().contains("retry-after")).as(code.code()).isEqualTo(again);
  }

  @Test
  void whatPassesIsWorthAskingForAgain() throws Exception {
    assertAskedAgain(ProblemCode.IDEMPOTENCY_IN_PROGRESS, true);
    assertAskedAgain(ProblemCode.AUDIT_KEY_ROTATING, true);
    assertAskedAgain(ProblemCode.CALL_LIMIT, true);
    assertAskedAgain(ProblemCode.GATEWAY_DRAINING, true);
  }

  @Test
  void whatStaysIsNot() throws Exception {
    assertAskedAgain(ProblemCode.CALL_CANCELLED, false);
    assertAskedAgain(ProblemCode.CONFIG_NEEDS_RESTART, false);
    assertAskedAgain(ProblemCode.IDEMPOTENCY_FULL, false);
    assertAskedAgain(ProblemCode.POLICY_PATH_DENIED, false);
  }

  private TrackedCall refused(ProblemCode code) {
    var call = new TrackedCall("call_1", "echo", OWNER, 0);
    calls.add(call);
    call.failed(of(code), JsonValue.object().build());
    return call;
  }

  @Test
  void aLookAtACallThatIsOverIsNoReasonToLookAgain() throws Exception {
    TrackedCall call = refused(ProblemCode.AUDIT_UNAVAILABLE);
    HttpClientResponse look = answer(exchange -> TrackedCallRoutes.outcome(exchange, call));
    assertThat(look.statusCode()).isEqualTo(503);
    assertThat(look.headers().contains("retry-after")).isFalse();
  }

  @Test
  void aRepeatedRefusalStaysAsItIs() throws Exception {
    refused(ProblemCode.AUDIT_UNAVAILABLE);
    HttpClientResponse kept =
        answer(exchange -> new RepeatedCalls(calls).running(exchange, OWNER, "call_1"));
    JsonValue.Obj remembered = RepeatedCalls.remembered(ProblemCode.AUDIT_UNAVAILABLE);
    var over = new IdempotencyClaim.Over("call_2", remembered);
    HttpClientResponse forgotten =
        answer(exchange -> new RepeatedCalls(calls).over(exchange, OWNER, over));
    for (HttpClientResponse answer : new HttpClientResponse[] {kept, forgotten}) {
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.getHeader("idempotency-replayed")).isEqualTo("true");
      assertThat(answer.headers().contains("retry-after")).isFalse();
    }
  }
}
