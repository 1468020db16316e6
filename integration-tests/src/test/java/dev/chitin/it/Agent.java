package dev.chitin.it;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A client with a key. */
public final class Agent implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI gateway;
  private final String key;

  public Agent(URI gateway, String key) {
    this.gateway = gateway;
    this.key = key;
  }

  /**
   * An answer.
   *
   * @param text the body as it came
   */
  public record Answer(int status, String contentType, Set<String> fields, String text) {
    JsonValue.Obj body() {
      return GatewayProcess.Json.object(text);
    }

    String member(String name) {
      return GatewayProcess.Json.text(body(), name);
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(gateway.resolve(path))
        .timeout(Duration.ofMinutes(2))
        .header("authorization", "Bearer " + key);
  }

  Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    return new Answer(
        response.statusCode(),
        response.headers().firstValue("content-type").orElse(""),
        response.headers().map().keySet(),
        response.body());
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send(request(path).GET().build());
  }

  public Answer post(String path, String body) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Answer call(String tool, JsonValue.Obj arguments) throws IOException, InterruptedException {
    return post("/v1/tools/" + tool + "/calls", body(arguments));
  }

  Answer run(String... argv) throws IOException, InterruptedException {
    return call("process_run", argv(argv));
  }

  /** The lines of an answer as server-sent events, as they come; closing it leaves. */
  InputStream stream(String tool, JsonValue.Obj arguments)
      throws IOException, InterruptedException {
    HttpRequest request =
        request("/v1/tools/" + tool + "/calls")
            .header("content-type", "application/json")
            .header("accept", "text/event-stream")
            .POST(HttpRequest.BodyPublishers.ofString(body(arguments)))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofInputStream()).body();
  }

  /** The body of an answer as it comes; closing it leaves. */
  InputStream open(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, HttpResponse.BodyHandlers.ofInputStream()).body();
  }

  static String body(JsonValue.Obj arguments) {
    return CanonicalJson.string(JsonValue.object().put("arguments", arguments).build());
  }

  static JsonValue.Obj argv(String... argv) {
    return JsonValue.object().put("argv", List.of(argv)).build();
  }

  static JsonValue.Obj path(String path) {
    return JsonValue.object().put("path", path).build();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
