package dev.chitin.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.LeakedForms;
import dev.chitin.vault.scrub.LiveSecrets;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A secret that got into an answer by a defect is taken out of it, in whatever form it is. */
class LeakingAnswersTest {
  private static final String SECRET = LeakedForms.secret();

  private final Vertx vertx = Vertx.vertx();
  private final LiveSecrets live = new LiveSecrets();

  static List<String> forms() {
    return LeakedForms.of(SECRET);
  }

  @BeforeEach
  void remember() {
    live.remember("t a 1", MemorySegment.ofArray(SECRET.getBytes(UTF_8)));
  }

  @AfterEach
  void close() {
    vertx.close().await();
    live.close();
  }

  private String answer(Route.Handler handler) throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> handler.handle(new Exchange(request, "req_1", null, Map.of(), live)))
            .listen(0, "127.0.0.1")
            .await();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      URI uri = URI.create("http://127.0.0.1:" + server.actualPort() + "/metrics");
      HttpRequest request = HttpRequest.newBuilder(uri).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private void assertClean(String answer, String form) {
    assertThat(answer).contains("[chitin:redacted]").doesNotContain(form);
    LeakedForms.assertNone(answer, SECRET);
    assertThat(live.alarms()).isPositive();
  }

  private static Problem problem(String detail, String rule, String hint, String field) {
    return Problem.of(ProblemCode.INTERNAL, detail)
        .withRule(rule)
        .withHint(hint)
        .withErrors(List.of(new Problem.FieldError("/" + field, field)));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void fieldsOfAProblem(String form) throws Exception {
    for (int leaking = 0; leaking < 4; leaking++) {
      Problem problem =
          problem(
              leaking == 0 ? "with " + form + " in it" : "detail",
              leaking == 1 ? form : "rule",
              leaking == 2 ? "set it to '" + form + "'" : "hint",
              leaking == 3 ? form : "field");
      assertClean(answer(exchange -> exchange.fail(problem, "c")), form);
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void anErrorOnAStreamThatHasBegun(String form) throws Exception {
    String answer =
        answer(
            exchange -> {
              exchange.begin(200, "text/event-stream").setChunked(true).write("event: started\n\n");
              new EventStream(exchange, "c")
                  .fail(problem("with " + form, "rule", "hint", form).toException());
            });
    assertThat(answer).contains("event: started", "event: error");
    assertClean(answer, form);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aLabelOfAMetric(String form) throws Exception {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Counter.builder("calls").tag("tool", form).register(registry).increment();
    assertThat(registry.scrape()).contains(form);
    Route route = new MetricsRoutes(registry::scrape).routes().getFirst();
    assertClean(answer(route.handler()), form);
  }
}
