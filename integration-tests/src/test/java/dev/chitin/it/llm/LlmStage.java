package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.LogReader;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A gateway with both providers configured, both of them {@link FakeProvider}, and a client. */
final class LlmStage implements AutoCloseable {
  private final String secret = "fake-provider-key-" + random();
  private final FakeProvider provider;
  private final Path home;
  private final GatewayProcess gateway;
  private final String key;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** An answer with its header fields. */
  record Answer(int status, HttpResponse<String> response) {
    String text() {
      return response.body();
    }

    String field(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    JsonValue.Obj body() {
      return Json.object(text());
    }

    /** A member of the error, in either dialect. */
    String error(String member) {
      return body().get("error") instanceof JsonValue.Obj error ? Json.text(error, member) : "";
    }
  }

  /**
   * Starts all of it.
   *
   * @param provider further members of both providers, with a comma before each
   * @param more further members of the configuration, with a comma before each
   */
  static LlmStage start(String provider, String more) throws Exception {
    return new LlmStage(provider, more, null, null);
  }

  /** The same with a provider that is asked over TLS. */
  static LlmStage startSecure(PemKeyCertOptions identity, String provider) throws Exception {
    return new LlmStage(provider, "", identity, null);
  }

  /** The same with a gateway that looks for the provider elsewhere. */
  static LlmStage startElsewhere(String base, String provider) throws Exception {
    return new LlmStage(provider, "", null, base);
  }

  private LlmStage(
      String members, String more, @Nullable PemKeyCertOptions identity, @Nullable String elsewhere)
      throws Exception {
    provider = new FakeProvider(secret, identity);
    String scheme = identity == null ? "http" : "https";
    String base = elsewhere == null ? scheme + "://127.0.0.1:" + provider.port() : elsewhere;
    String one = "{ \"base_url\": \"%s%s\", \"credential\": \"provider\", \"max_tokens\": 1000%s }";
    home =
        GatewayProcess.home(
            "\"providers\": { \"anthropic\": %s, \"openai\": %s }%s"
                .formatted(
                    one.formatted(base, "", members), one.formatted(base, "/v1", members), more));
    put("provider", secret);
    gateway = GatewayProcess.start(home);
    key = gateway.key("llm-client", "agent");
  }

  /** Stores a secret; while the gateway runs it is one in use from then on. */
  void put(String name, String value, String... more) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("secret", "put", name));
    line.addAll(List.of(more));
    Result put =
        GatewayProcess.run(
            home, value.getBytes(StandardCharsets.UTF_8), line.toArray(String[]::new));
    assertThat(put.exit()).as(put.err()).isZero();
  }

  static String random() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  FakeProvider provider() {
    return provider;
  }

  /** The workspace that tools see. */
  Path workspace() {
    return home.resolve("workspace");
  }

  GatewayProcess gateway() {
    return gateway;
  }

  String secret() {
    return secret;
  }

  String key() {
    return key;
  }

  URI url(String path) {
    return gateway.url().resolve(path);
  }

  /** A connection of one's own. */
  Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), gateway.url().getPort());
  }

  /** A request to the Messages API as it stands on the wire. */
  byte[] raw(String body) {
    return """
        POST /v1/messages HTTP/1.1\r
        Host: %s\r
        x-api-key: %s\r
        Content-Type: application/json\r
        Content-Length: %d\r
        \r
        %s"""
        .formatted(gateway.url().getAuthority(), key, body.length(), body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** A request as the Messages API's clients send it. */
  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(url(path))
        .timeout(Duration.ofMinutes(2))
        .header("x-api-key", key)
        .header("content-type", "application/json");
  }

  Answer post(String path, String body) throws IOException, InterruptedException {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build());
  }

  Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    return new Answer(response.statusCode(), response);
  }

  /** An answer as it comes; closing it leaves. */
  HttpResponse<InputStream> stream(String path, String body)
      throws IOException, InterruptedException {
    return http.send(
        request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofInputStream());
  }

  /** A body of the Messages API. */
  static String message(String model, String more) {
    return "{\"model\":\"%s\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}"
        .formatted(model, more);
  }

  /** A body of Chat Completions. */
  static String chat(String model, String more) {
    return "{\"model\":\"%s\",\"max_completion_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}"
        .formatted(model, more);
  }

  /** A body of the Responses API. */
  static String response(String model, String more) {
    return "{\"model\":\"%s\",\"max_output_tokens\":100,\"input\":\"Hi\"%s}".formatted(model, more);
  }

  /** What the audit log holds, oldest first, as it lies on the disk. */
  List<String> audit() {
    return new LogReader(home.resolve("audit"))
        .read(0, LogReader.MAX_COUNT).stream()
            .map(entry -> new String(entry.json().borrow(), StandardCharsets.UTF_8))
            .toList();
  }

  @Override
  public void close() {
    http.shutdownNow();
    gateway.close();
    provider.close();
  }
}
