package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an HTTP/1.1 client can do to a parser that is too kind. Where the other attacks at the edge
 * are tried:
 *
 * <table>
 * <caption>Attack and test</caption>
 * <tr><td>foreign Origin (GET, stream, preflight), foreign Host, upgrade</td><td>EdgeTest, TlsTest, BrowserTest</td></tr>
 * <tr><td>foreign :authority, rapid reset, CONTINUATION flood</td><td>Http2AbuseTest</td></tr>
 * <tr><td>a credential in the query, both lengths, chunk tricks, bodies and headers without end</td><td>here</td></tr>
 * <tr><td>one idempotency key from 32 connections</td><td>here</td></tr>
 * <tr><td>unknown key and wrong secret</td><td>here</td></tr>
 * <tr><td>empty, wrong and two credentials; tokens (none, HS256, jwk, kid, storm)</td><td>ProblemsTest, TokenTest, TokenVerifierTest</td></tr>
 * <tr><td>each route, by nobody and by each role; what is open tells nothing</td><td>AccessMatrixTest</td></tr>
 * <tr><td>10,000 wrong tokens a second, slow clients, 10,000 connections</td><td>FloodTest</td></tr>
 * <tr><td>duplicate names, depth, 1e999, surrogates, overlong UTF-8</td><td>ProblemsTest, StrictJsonTest, FuzzTest</td></tr>
 * <tr><td>64 hanging tools</td><td>HangingCallsTest</td></tr>
 * <tr><td>a log that is full or gone; killed between decision and start</td><td>CrashTest, attack.AttackTest</td></tr>
 * <tr><td>a message forged on the bus</td><td>ForgedDecisionTest of sandbox-runtime</td></tr>
 * </table>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IngressAbuseTest {
  /** Longer than a body may take, shorter than anybody wants to wait. */
  private static final int QUIET_MILLIS = 1_000;

  private static final int RACERS = 32;
  private static final int COMPARED = 300;

  private GatewayProcess gateway;
  private String key = "";
  private String head = "";

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"rate_limit\": { \"requests_per_minute\": 10000000, \"burst\":"
                    + " 1000000 }, \"limits\": { \"body_timeout_ms\": 400 } }"));
    key = gateway.key("agent", "agent");
    head =
        "POST /v1/tools/fs_list/calls HTTP/1.1\r\nHost: "
            + gateway.url().getAuthority()
            + "\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Type: application/json\r\n";
  }

  @AfterAll
  void stop() throws IOException {
    String errors = gateway.errors();
    gateway.close();
    assertThat(errors).doesNotContain(" ERROR ").doesNotContain("Exception");
  }

  private String live() {
    return "GET /health/live HTTP/1.1\r\nHost: " + gateway.url().getAuthority() + "\r\n\r\n";
  }

  /** Everything that came back until the gateway closed, or until it had nothing more to say. */
  private String exchange(String request) throws IOException {
    try (HttpWire wire = HttpWire.open(gateway.url())) {
      wire.send(request);
      return wire.untilQuiet(QUIET_MILLIS);
    }
  }

  private static int answers(String text) {
    return text.split("HTTP/1\\.1 [2345]", -1).length - 1;
  }

  // ---- where a request ends ----

  /** A second request hides in what one reader takes for the body of the first. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        "Content-Length: 0, 44\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n",
        "Content-Length : 0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}X\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
        "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n",
      })
  void aRequestWhoseEndIsDoubtfulIsRefusedAndNothingBehindItIsRead(String framing)
      throws Exception {
    String answer = exchange(head + framing + live());
    assertThat(answers(answer)).as(answer).isLessThanOrEqualTo(1);
    assertThat(answer).doesNotContain("\"live\"").doesNotContain(" 200 ");
  }

  /** On a route that takes no body nobody would look for the end of one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: xx",
        "Transfer-Encoding: xx\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked\r\nContent-Length: 0",
        ": chunked"
      })
  void anEndThatIsNotKnownIsRefusedWhereThereIsNoBodyToo(String framing) throws Exception {
    String request = "GET /v1/tools HTTP/1.1\r\nHost: " + gateway.url().getAuthority();
    String sound = request + "\r\nAuthorization: Bearer " + key + "\r\n";
    assertThat(answers(exchange(sound + "\r\n" + live()))).isEqualTo(2);
    String answer = exchange(sound + framing + "\r\n\r\n" + live());
    assertThat(answer).startsWith("HTTP/1.1 400 ").contains("request.malformed");
    assertThat(answers(answer)).as(answer).isEqualTo(1);
  }

  @Test
  void version10KnowsNoChunks() throws Exception {
    String answer =
        exchange(
            "GET /health/live HTTP/1.0\r\nHost: "
                + gateway.url().getAuthority()
                + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assertThat(answer).contains(" 400 ").doesNotContain("\"live\"");
  }

  @Test
  void aTargetOfAnotherSchemeIsRefused() throws Exception {
    String authority = gateway.url().getAuthority();
    for (String scheme : List.of("foo", "ftp", "javascript")) {
      String answer =
          exchange(
              "GET %s://%s/health/live HTTP/1.1\r\nHost: %s\r\n\r\n"
                  .formatted(scheme, authority, authority));
      assertThat(answer).as(scheme).startsWith("HTTP/1.1 400 ");
    }
  }

  /** The same with an end that nobody doubts: both are answered, so the others would be, too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX-Trailer: t\r\n\r\n"
      })
  void aRequestBehindOneWithAPlainEndIsAnswered(String framing) throws Exception {
    String answer = exchange(head + framing + live());
    assertThat(answers(answer)).as(answer).isEqualTo(2);
    assertThat(answer).contains("\"live\"");
  }

  @Test
  void bothLengthsAreAProblemOfTheirOwn() throws Exception {
    String answer =
        exchange(head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 400 ").contains("request.malformed");
  }

  @Test
  void aVersionThatIsNoneIsNotSentBack() throws Exception {
    for (String version : List.of("HTTP/1.2", "HTTP/2.0", "XTTP/1.1", "EVIL/1.1", "HTTP/9.9")) {
      String answer =
          exchange(
              "GET /health/live "
                  + version
                  + "\r\nHost: "
                  + gateway.url().getAuthority()
                  + "\r\n\r\n");
      assertThat(answer).as(version).doesNotContain("EVIL").doesNotContain("XTTP");
      assertThat(answer)
          .as(version)
          .satisfiesAnyOf(
              text -> assertThat(text).isEmpty(),
              text -> assertThat(text).matches("(?s)HTTP/1\\.[01] 400 .*request\\.malformed.*"));
    }
  }

  @Test
  void anExtensionOfAChunkWithoutEndIsNotReadToItsEnd() throws Exception {
    endless(head + "Transfer-Encoding: chunked\r\n\r\n2;", "a".repeat(8_192), 4 << 20);
  }

  // ---- without end ----

  /** Sends a beginning and then the same again and again; the gateway has to end it. */
  private void endless(String first, String more, long most) throws IOException {
    try (HttpWire wire = HttpWire.open(gateway.url())) {
      wire.send(first);
      byte[] piece = more.getBytes(StandardCharsets.ISO_8859_1);
      long sent = 0;
      try {
        while (sent < most) {
          wire.send(piece);
          sent += piece.length;
        }
      } catch (SocketException closed) {
        return;
      }
      // All of it fitted into buffers; the answer is a refusal, or the connection is closed.
      try {
        String answer = new String(wire.rest(), StandardCharsets.ISO_8859_1);
        assertThat(answer).doesNotContain(" 200 ");
      } catch (SocketException reset) {
        assertThat(reset).hasMessageContaining("reset");
      }
    }
  }

  @Test
  void aRequestLineOfAMebibyte() throws Exception {
    endless("GET /", "a".repeat(8_192), 1 << 20);
  }

  @Test
  void tenThousandFields() throws Exception {
    endless(live().stripTrailing() + "\r\n", "X-Field: a\r\n".repeat(100), 120_000);
  }

  @Test
  void moreFieldsThanAnybodyNeedsThoughTheyAreSmall() throws Exception {
    String answer = exchange(live().stripTrailing() + "\r\n" + "a:\r\n".repeat(200) + "\r\n");
    assertThat(answer).startsWith("HTTP/1.1 431 ").contains("request.headers_too_large");
  }

  @Test
  void chunksWithoutEnd() throws Exception {
    endless(
        head + "Transfer-Encoding: chunked\r\n\r\n",
        "1000\r\n" + " ".repeat(4_096) + "\r\n",
        64 << 20);
  }

  @Test
  void aGibibyteThatIsAnnouncedIsRefusedBeforeItComes() throws Exception {
    try (HttpWire wire = HttpWire.open(gateway.url())) {
      wire.send(head + "Content-Length: 1073741824\r\n\r\n{");
      HttpWire.Answer answer = wire.answer();
      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.text()).contains("request.too_large");
    }
  }

  @Test
  void aBodyThatTricklesIsNotWaitedFor() throws Exception {
    try (HttpWire wire = HttpWire.open(gateway.url())) {
      wire.send(head + "Content-Length: 100000\r\n\r\n{");
      HttpWire.Answer answer = wire.answer();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.text()).contains("request.timeout");
    }
  }

  // ---- targets ----

  @Test
  void aTargetThatNamesAnotherHostThanTheHostFieldIsRefused() throws Exception {
    String host = gateway.url().getAuthority();
    for (String other : List.of("evil.example", "evil.example@" + host, host + ".evil.example")) {
      String answer =
          exchange("GET http://" + other + "/health/live HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      assertThat(answer).as(other).startsWith("HTTP/1.1 400 ").contains("request.malformed");
    }
    assertThat(
            exchange("GET http://" + host + "/health/live HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aPercentSignThatEncodesNothingIsTheCallersMistake() throws Exception {
    for (String target : List.of("/v1/secrets/a?a=%zz", "/v1/secrets/a?%", "/v1/tools/%4")) {
      String answer =
          exchange(
              "PUT "
                  + target
                  + " HTTP/1.1\r\nHost: "
                  + gateway.url().getAuthority()
                  + "\r\nAuthorization: Bearer "
                  + key
                  + "\r\nContent-Length: 0\r\n\r\n");
      assertThat(answer).as(target).startsWith("HTTP/1.1 400 ").contains("request.malformed");
    }
  }

  @Test
  void aCredentialInTheTargetIsRefusedEvenBesideAGoodOne() throws Exception {
    for (String query :
        List.of(
            "access_token=x", "token=x", "api_key=x", "a=b&key=" + key, "token=eyJhbGci.e30.x")) {
      String answer =
          exchange(
              "GET /v1/tools?"
                  + query
                  + " HTTP/1.1\r\nHost: "
                  + gateway.url().getAuthority()
                  + "\r\nAuthorization: Bearer "
                  + key
                  + "\r\n\r\n");
      assertThat(answer)
          .startsWith("HTTP/1.1 400 ")
          .contains("Authorization: Bearer")
          .doesNotContain(key);
    }
  }

  @Test
  void aBodyThatNobodyWouldReadIsRefused() throws Exception {
    for (String request :
        List.of(
            "POST /v1/sessions|Content-Length: 12\r\n\r\n{\"nosuch\":1}",
            "POST /v1/sessions|Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
            "GET /v1/tools|Content-Length: 2\r\n\r\n{1",
            "DELETE /v1/sessions/s_1|Content-Length: 3\r\n\r\n{}x")) {
      String[] line = request.split("\\|", 2);
      String answer =
          exchange(
              line[0]
                  + " HTTP/1.1\r\nHost: "
                  + gateway.url().getAuthority()
                  + "\r\nAuthorization: Bearer "
                  + key
                  + "\r\n"
                  + line[1]);
      assertThat(answer)
          .as(request)
          .startsWith("HTTP/1.1 400 ")
          .contains("request.malformed", "takes no body");
    }
    String nothing =
        exchange(
            "GET /v1/tools HTTP/1.1\r\nHost: "
                + gateway.url().getAuthority()
                + "\r\nAuthorization: Bearer "
                + key
                + "\r\nContent-Length: 3\r\n\r\n{ }");
    assertThat(nothing).startsWith("HTTP/1.1 200 ");
  }

  /** What one reader takes for JSON another may take for something else. */
  @Test
  void aBodyOfTwoMediaTypesIsRefused() throws Exception {
    String body = "{\"arguments\":{\"path\":\".\"}}";
    for (String more : List.of("text/plain", "application/json")) {
      String answer =
          exchange(
              head
                  + "Content-Type: "
                  + more
                  + "\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body);
      assertThat(answer).as(more).startsWith("HTTP/1.1 415 ").contains("two media types");
    }
  }

  // ---- keys ----

  private String withKey(String credential) {
    return "GET /v1/tools HTTP/1.1\r\nHost: "
        + gateway.url().getAuthority()
        + "\r\nAuthorization: Bearer "
        + credential
        + "\r\n\r\n";
  }

  /** The answers are the same but for the request's id, and so is the time, within noise. */
  @Test
  void anUnknownKeyAndAWrongSecretCannotBeToldApart() throws Exception {
    String unknown = revoked("unknown");
    String other = gateway.key("other", "agent");
    // The id of one key with the secret and check of another: its check is wrong, as any guess's.
    String wrong = key.substring(0, 21) + other.substring(21);
    assertThat(wrong).isNotEqualTo(key);
    try (HttpWire wire = HttpWire.open(gateway.url())) {
      long[] first = new long[COMPARED];
      long[] second = new long[COMPARED];
      for (int i = 0; i < COMPARED; i++) {
        first[i] = refused(wire, unknown);
        second[i] = refused(wire, revokedSecret(other, unknown));
      }
      Arrays.sort(first);
      Arrays.sort(second);
      double ratio = (double) first[COMPARED / 2] / second[COMPARED / 2];
      assertThat(ratio).isBetween(0.5, 2.0);
      refused(wire, wrong);
    }
  }

  private long refused(HttpWire wire, String credential) throws IOException {
    long begun = System.nanoTime();
    wire.send(withKey(credential));
    HttpWire.Answer answer = wire.answer();
    long taken = System.nanoTime() - begun;
    JsonValue.Obj problem = GatewayProcess.Json.object(answer.text());
    assertThat(answer.status()).isEqualTo(401);
    assertThat(GatewayProcess.Json.text(problem, "code")).isEqualTo("auth.invalid");
    return taken;
  }

  private String revoked(String name) throws Exception {
    GatewayProcess.Result created = gateway.run("key", "create", "--name", name, "--json");
    JsonValue.Obj made = GatewayProcess.Json.object(created.out());
    assertThat(gateway.run("key", "revoke", GatewayProcess.Json.text(made, "id")).exit()).isZero();
    return GatewayProcess.Json.text(made, "key");
  }

  /** A known id, the secret of another key, and the right check. */
  private static String revokedSecret(String known, String secretOf) {
    String text = known.substring(3, 20) + "_" + secretOf.substring(21, 64);
    var crc = new java.util.zip.CRC32();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    var check = new StringBuilder();
    for (long rest = crc.getValue(); check.length() < 6; rest /= 62) {
      check.insert(0, digits.charAt((int) (rest % 62)));
    }
    return "ck_" + text + check;
  }

  // ---- one key, many connections ----

  @Test
  void anIdempotencyKeyRacedFrom32ConnectionsMakesOneCall() throws Exception {
    String body = Agent.body(JsonValue.object().put("argv", List.of("sleep", "0.3")).build());
    String request =
        head.replace("fs_list", "process_run")
            + "Idempotency-Key: "
            + UUID.randomUUID()
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    var together = new CountDownLatch(RACERS);
    List<HttpWire.Answer> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(RACERS)) {
      List<Future<HttpWire.Answer>> racing = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        racing.add(
            threads.submit(
                () -> {
                  try (HttpWire wire = HttpWire.open(gateway.url())) {
                    together.countDown();
                    together.await();
                    wire.send(request);
                    return wire.answer();
                  }
                }));
      }
      for (Future<HttpWire.Answer> one : racing) {
        answers.add(one.get());
      }
    }
    List<String> won =
        answers.stream()
            .filter(a -> a.status() == 200 && a.field("idempotency-replayed").isEmpty())
            .map(HttpWire.Answer::text)
            .toList();
    assertThat(won).as("answers of a call that was made").hasSize(1);
    assertThat(answers).allMatch(a -> a.status() == 200 || a.status() == 409);
    String callId = GatewayProcess.Json.text(GatewayProcess.Json.object(won.getFirst()), "callId");
    assertThat(answers.stream().filter(a -> a.status() == 200))
        .allMatch(a -> a.text().contains(callId));
  }
}
