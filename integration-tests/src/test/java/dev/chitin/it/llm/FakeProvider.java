package dev.chitin.it.llm;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.it.GatewayProcess.Json;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A provider of both dialects that behaves as the model's name says: {@code normal}, {@code
 * rate-once}, {@code rate-always}, {@code overloaded}, {@code broken}, {@code error-after-first},
 * {@code cut-after-first}, {@code cut-within} (an event), {@code cut-after-last}, {@code unended},
 * {@code lingering} (says all and does not end), {@code slow}, {@code endless}, {@code huge},
 * {@code silent}, {@code hangup}, {@code stall}, {@code unauthorized}, {@code redirect}, {@code
 * nameless} (gives no id), {@code parrot} (says the credential and the request). It writes down
 * what it was asked and which streams were left.
 */
final class FakeProvider implements AutoCloseable {
  static final List<String> WORDS = List.of("Hello", " from", " a", " scripted", " provider");

  /** Size of a huge answer's text. */
  static final int HUGE = 16 << 20;

  private static final int PIECE = 16 * 1024;

  /**
   * A request as it came.
   *
   * @param credential the name of the field that carried the expected credential, or null
   * @param fields by lower-case name
   */
  record Asked(
      String method,
      String target,
      Map<String, String> fields,
      @Nullable String credential,
      String body) {}

  /**
   * A stream that its reader left.
   *
   * @param words how many were sent before
   */
  record Left(String model, int words) {}

  private final Vertx vertx = Vertx.vertx();
  private final String expected;
  private final HttpServer server;
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Left> left = new LinkedBlockingQueue<>();
  private final List<String> limited = new CopyOnWriteArrayList<>();
  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final Map<String, Queue<Raw>> raws = new ConcurrentHashMap<>();
  private final AtomicLong hugeBytes = new AtomicLong();

  /**
   * @param credential what it knows its clients by; only its digest is kept
   */
  FakeProvider(String credential) {
    this(credential, null);
  }

  /**
   * @param identity by which it is known over TLS, or null for cleartext
   */
  FakeProvider(String credential, @Nullable PemKeyCertOptions identity) {
    expected = Digest.ofUtf8(credential).toString();
    var options = new HttpServerOptions().setSendBufferSize(64 * 1024);
    if (identity != null) {
      options.setSsl(true).setKeyCertOptions(identity);
    }
    server =
        vertx.createHttpServer(options).requestHandler(this::handle).listen(0, "127.0.0.1").await();
  }

  /** What a model does: asks for these tools turn by turn, and then is another model. */
  private record Script(Queue<List<Speech.Ask>> turns, String then) {}

  /** Has {@code model} ask for tools turn by turn, and be {@code then} after that. */
  void script(String model, String then, List<List<Speech.Ask>> turns) {
    scripts.put(model, new Script(new ConcurrentLinkedQueue<>(turns), then));
  }

  /** An answer as it goes over the wire, with a stream's type or JSON's. */
  record Raw(int status, Map<String, String> fields, String body) {
    static Raw json(String body) {
      return new Raw(200, Map.of("content-type", "application/json"), body);
    }

    static Raw events(String body) {
      return new Raw(200, Map.of("content-type", "text/event-stream; charset=utf-8"), body);
    }
  }

  /** Has {@code model} answer so, one request after the other, and then as a normal one. */
  void answers(String model, Raw... answers) {
    raws.put(model, new ConcurrentLinkedQueue<>(List.of(answers)));
  }

  int port() {
    return server.actualPort();
  }

  List<Asked> asked() {
    return asked;
  }

  Asked last() {
    return asked.getLast();
  }

  /** How the next stream of that model was left; waits for it. */
  Left left(String model) throws InterruptedException {
    Left one = left.poll(1, TimeUnit.MINUTES);
    while (one != null && !one.model().equals(model)) {
      one = left.poll(1, TimeUnit.MINUTES);
    }
    return Objects.requireNonNull(one, "nobody left a stream of " + model);
  }

  /** Bytes of a huge answer that were written so far. */
  long hugeBytes() {
    return hugeBytes.get();
  }

  private void handle(HttpServerRequest request) {
    request.body().onSuccess(body -> answer(request, body.toString()));
  }

  private void answer(HttpServerRequest request, String body) {
    Map<String, String> fields = new TreeMap<>();
    request.headers().forEach(f -> fields.put(f.getKey().toLowerCase(Locale.ROOT), f.getValue()));
    asked.add(new Asked(request.method().name(), request.uri(), fields, credential(fields), body));
    HttpServerResponse response =
        request
            .response()
            .putHeader("request-id", "req_fake")
            .putHeader("x-request-id", "req_fake")
            .putHeader("server", "fake/1.0")
            .putHeader("set-cookie", "tracking=1");
    String path = request.path() == null ? "" : request.path();
    if (path.startsWith("/v1/models/")) {
      json(response, 200, "{\"id\":\"normal\",\"type\":\"model\",\"object\":\"model\"}");
      return;
    }
    if (path.equals("/v1/models")) {
      json(
          response,
          200,
          "{\"object\":\"list\",\"data\":[{\"id\":\"normal\",\"type\":\"model\",\"object\":\"model\"}],\"has_more\":false,\"first_id\":\"normal\",\"last_id\":\"normal\"}");
      return;
    }
    JsonValue.Obj asks = parse(body);
    String model = Json.text(asks, "model");
    Queue<Raw> prepared = raws.get(model);
    Raw raw = prepared == null ? null : prepared.poll();
    if (raw != null) {
      response.setStatusCode(raw.status());
      raw.fields().forEach(response::putHeader);
      response.end(raw.body());
      return;
    }
    Speech speech = Speech.of(path);
    boolean streamed = asks.get("stream") instanceof JsonValue.Bool stream && stream.value();
    Script script = scripts.get(model);
    if (script != null) {
      List<Speech.Ask> now = script.turns().poll();
      if (now != null) {
        String said = streamed ? speech.askEvents(model, now) : speech.asks(model, now);
        response.putHeader("content-type", streamed ? "text/event-stream" : "application/json");
        response.end(said);
        return;
      }
      model = script.then();
    }
    switch (model) {
      case "nameless" -> {
        response.headers().remove("request-id").remove("x-request-id");
        say(response, speech, model, streamed);
      }
      case "rate-once" -> {
        String once = path + fields.getOrDefault("idempotency-key", "");
        if (limited.contains(once)) {
          say(response, speech, model, streamed);
        } else {
          limited.add(once);
          response.putHeader("retry-after", "1");
          json(response, 429, speech.error("rate_limit_error", "Slow down."));
        }
      }
      case "rate-always" -> {
        response.putHeader("retry-after", "1").putHeader("anthropic-ratelimit-tokens-limit", "7");
        json(response, 429, speech.error("rate_limit_error", "Slow down."));
      }
      case "overloaded" -> json(response, 529, speech.error("overloaded_error", "Overloaded."));
      case "broken" -> json(response, 500, speech.error("api_error", "Broken."));
      case "unauthorized" -> json(response, 401, speech.error("authentication_error", "No."));
      case "redirect" -> response.setStatusCode(302).putHeader("location", "/elsewhere").end();
      case "hangup" -> response.reset();
      case "silent" -> watch(response, model, new int[1]);
      case "zipped" -> {
        response.putHeader("content-encoding", "gzip");
        json(response, 200, "{}");
      }
      case "zipped-twice" -> {
        response.headers().add("content-encoding", "identity").add("content-encoding", "gzip");
        json(response, 200, "{}");
      }
      case "zipped-on-its-way" -> {
        response.putHeader("transfer-encoding", "gzip, chunked");
        json(response, 200, "{}");
      }
      case "telling-names" -> {
        String key = fields.getOrDefault("x-api-key", fields.getOrDefault("authorization", ""));
        String told = key.replace("Bearer ", "");
        response.putHeader("x-ratelimit-" + told, "1");
        response.putHeader("x-ratelimit-" + told.replaceAll("(.{20})", "$1-"), "1");
        response.putHeader("x-ratelimit-remaining-tokens", "1");
        say(response, speech, model, streamed);
      }
      case "promising" ->
          response
              .putHeader("content-type", "application/json")
              .putHeader("content-length", "4096")
              .write("{\"said\":\"half of ")
              .onSuccess(written -> vertx.setTimer(1, then -> response.reset()));
      case "boundless" -> {
        String number = "9223372036854775807";
        json(
            response,
            200,
            "{\"usage\":{\"input_tokens\":N,\"cache_read_input_tokens\":N,\"output_tokens\":N}}"
                .replace("N", number));
      }
      case "parrot" ->
          json(
              response,
              200,
              CanonicalJson.inOrder(
                  JsonValue.object()
                      .put(
                          "credential",
                          fields.getOrDefault(
                              "x-api-key", fields.getOrDefault("authorization", "")))
                      .put("asked", body)
                      .build()));
      case "huge" -> huge(response, speech);
      default -> say(response, speech, model, streamed);
    }
  }

  private static JsonValue.Obj parse(String body) {
    try {
      return (JsonValue.Obj)
          StrictJson.parse(
              body.getBytes(StandardCharsets.UTF_8),
              JsonLimits.REQUEST.withStringChars(64 << 20).withNumbersAsWritten());
    } catch (JsonSyntaxException e) {
      throw new AssertionError("the gateway sent what is not JSON", e);
    }
  }

  private @Nullable String credential(Map<String, String> fields) {
    String key = fields.get("x-api-key");
    if (key != null && Digest.ofUtf8(key).toString().equals(expected)) {
      return "x-api-key";
    }
    String bearer = fields.get("authorization");
    return bearer != null
            && bearer.startsWith("Bearer ")
            && Digest.ofUtf8(bearer.substring(7)).toString().equals(expected)
        ? "authorization"
        : null;
  }

  private static void json(HttpServerResponse response, int status, String body) {
    response.setStatusCode(status).putHeader("content-type", "application/json").end(body);
  }

  private void say(HttpServerResponse response, Speech speech, String model, boolean streamed) {
    if (!streamed) {
      json(response, 200, speech.whole(model, String.join("", WORDS)));
      return;
    }
    response.setChunked(true).putHeader("content-type", "text/event-stream");
    response.write(speech.begin(model));
    var said = new int[1];
    watch(response, model, said);
    next(response, speech, model, said);
  }

  private void watch(HttpServerResponse response, String model, int[] said) {
    response.closeHandler(
        gone -> {
          if (!response.ended()) {
            left.add(new Left(model, said[0]));
          }
        });
  }

  private void next(HttpServerResponse response, Speech speech, String model, int[] said) {
    if (response.closed()) {
      return;
    }
    if (said[0] == 1 && model.equals("error-after-first")) {
      response.end(speech.errorEvent());
      return;
    }
    if (said[0] == 1 && model.equals("cut-after-first")) {
      response.reset();
      return;
    }
    if (said[0] == 1 && model.equals("unended")) {
      response.end();
      return;
    }
    if (said[0] == 1 && model.equals("cut-within")) {
      String event = speech.word(model, "unfinished");
      response
          .write(event.substring(0, event.indexOf("unfinished") + 5))
          .onSuccess(written -> vertx.setTimer(1, then -> response.reset()));
      return;
    }
    if (said[0] == 1 && model.equals("stall")) {
      return;
    }
    if (said[0] == WORDS.size() && model.equals("lingering")) {
      response.write(speech.end(model, String.join("", WORDS)));
      return;
    }
    if (said[0] == WORDS.size() && model.equals("cut-after-last")) {
      response
          .write(speech.end(model, String.join("", WORDS)))
          .onSuccess(written -> vertx.setTimer(1, then -> response.reset()));
      return;
    }
    if (said[0] == WORDS.size() && !model.equals("endless")) {
      response.end(speech.end(model, String.join("", WORDS)));
      return;
    }
    response
        .write(speech.word(model, WORDS.get(said[0]++ % WORDS.size())))
        .onSuccess(
            written ->
                vertx.setTimer(
                    model.equals("slow") || model.equals("endless") ? 200 : 1,
                    on -> next(response, speech, model, said)));
  }

  /** As fast as it is read. */
  private void huge(HttpServerResponse response, Speech speech) {
    hugeBytes.set(0);
    response.setChunked(true).putHeader("content-type", "text/event-stream");
    response.write(speech.begin("huge"));
    var said = new int[1];
    watch(response, "huge", said);
    response.drainHandler(room -> more(response, speech, said));
    more(response, speech, said);
  }

  private void more(HttpServerResponse response, Speech speech, int[] said) {
    while (!response.ended() && !response.closed() && !response.writeQueueFull()) {
      if (hugeBytes.get() >= HUGE) {
        response.end(speech.end("huge", ""));
        return;
      }
      String word = "w".repeat(PIECE - 8) + "%08d".formatted(said[0]++);
      hugeBytes.addAndGet(word.length());
      response.write(Buffer.buffer(speech.word("huge", word)));
    }
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
