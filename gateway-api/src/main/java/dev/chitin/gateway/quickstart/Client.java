package dev.chitin.gateway.quickstart;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Calls tools of a gateway over HTTP, as any agent would. Blocks. */
final class Client implements AutoCloseable {
  // The gateway has no h2c to upgrade to, which the default would ask for.
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String url;
  private final String key;

  Client(String url, String key) {
    this.url = url;
    this.key = key;
  }

  /**
   * An answer.
   *
   * @param status HTTP status
   * @param raw the body as it came
   * @param body the body as a document
   */
  record Answer(int status, Bytes raw, JsonValue.Obj body) {
    /** A member of the document as text; empty when there is none. */
    String text(String name) {
      return body.get(name) instanceof JsonValue.Str value ? value.value() : "";
    }
  }

  Answer call(String tool, JsonValue.Obj arguments) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/v1/tools/" + tool + "/calls"))
            .timeout(Duration.ofSeconds(60))
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    CanonicalJson.string(JsonValue.object().put("arguments", arguments).build())))
            .build();
    HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    try {
      return StrictJson.parse(response.body()) instanceof JsonValue.Obj body
          ? new Answer(response.statusCode(), Bytes.adopt(response.body()), body)
          : new Answer(response.statusCode(), Bytes.EMPTY, JsonValue.Obj.EMPTY);
    } catch (JsonSyntaxException e) {
      throw new IOException("the gateway answered with something else than JSON", e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
