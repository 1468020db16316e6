package dev.chitin.it.bench;

import dev.chitin.it.Tokens;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Full calls while others listen: streams of events of calls that say nothing, beside the same
 * without any. The bounds allow 2,048 of them: 256 calls that outlive their request, with 8
 * listeners each.
 */
final class IdleStreams implements Bench.Measurement {
  private static final int[] COUNTS = {1, 100, 2_048};
  private static final int LISTENERS = 8;
  private static final int CALLS_OF_ONE = 4;
  private static final int CONNECTIONS = 16;
  private static final int WARM_UP = 30_000;
  private static final int SHOTS = 15_000;
  private static final int PROBES = 3_000;
  private static final String ARGUMENTS = "{\"text\":\"beside listeners\",\"count\":1}";

  private final List<Socket> streams = new ArrayList<>();
  private String location = "";
  private String owner = "";

  /** CPU of one call in microseconds, and the middle of their times in milliseconds. */
  private record Figures(double micros, double p50) {}

  @Override
  public List<Row> run(Path work) throws Exception {
    var tokens = new Tokens("bench");
    Path keys = Files.createTempDirectory(work, "keys-").resolve("keys.json");
    tokens.write(keys);
    String issuers =
        "\"auth\": { \"issuers\": ["
            + Tokens.configuration("\"jwks_file\": \"" + keys + "\"")
            + "] }, ";
    List<Row> rows = new ArrayList<>();
    try (var gateway =
            BenchGateway.start(
                work, Map.of(), "", issuers, "\"max_runs\": 300, \"max_runs_per_tenant\": 300, ");
        var load = new HttpLoad(CONNECTIONS);
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpLoad.Shot shot = gateway.call("echo", ARGUMENTS);
      load.fire(shot, WARM_UP);
      Figures none = figures(gateway, load, http, shot);
      for (int count : COUNTS) {
        while (streams.size() < count) {
          open(gateway, http, tokens);
        }
        Figures with = figures(gateway, load, http, shot);
        rows.add(
            new Row(
                String.format(Locale.ROOT, "full call beside %,d idle event streams, CPU", count),
                with.micros(),
                none.micros(),
                "µs/call",
                "the same without any",
                "≤ 1.2",
                String.format(
                    Locale.ROOT, "p50 %.2f ms, without %.2f ms", with.p50(), none.p50())));
      }
    } finally {
      for (Socket stream : streams) {
        stream.close();
      }
    }
    return rows;
  }

  private static Figures figures(
      BenchGateway gateway, HttpLoad load, HttpClient http, HttpLoad.Shot shot) throws Exception {
    Duration before = gateway.process().cpu();
    load.fire(shot, SHOTS);
    double micros = gateway.process().cpu().minus(before).toNanos() / 1e3 / SHOTS;
    var timings = new Timings();
    timings.measure(() -> send(http, request(shot).build(), 200), PROBES, 2);
    return new Figures(micros, timings.millis(0.5));
  }

  private static HttpRequest.Builder request(HttpLoad.Shot shot) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + shot.port() + shot.path()))
            .POST(HttpRequest.BodyPublishers.ofString(shot.body()));
    shot.headers().forEach(request::header);
    return request;
  }

  private static HttpResponse<String> send(HttpClient http, HttpRequest request, int expected)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != expected) {
      throw new IOException(answer.statusCode() + " " + answer.body());
    }
    return answer;
  }

  /** One more stream: eight listen to each call, and four calls are of one principal. */
  private void open(BenchGateway gateway, HttpClient http, Tokens tokens) throws Exception {
    int number = streams.size();
    if (number % (LISTENERS * CALLS_OF_ONE) == 0) {
      owner = tokens.token(Tokens.claims("listener-" + number, "l" + number));
    }
    if (number % LISTENERS == 0) {
      HttpRequest call =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + gateway.port() + "/v1/tools/process_run/calls"))
              .header("authorization", "Bearer " + owner)
              .header("content-type", "application/json")
              .header("prefer", "respond-async")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"arguments\":{\"argv\":[\"sleep\",\"600\"]}}"))
              .build();
      location = send(http, call, 202).headers().firstValue("location").orElseThrow();
    }
    var stream = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    streams.add(stream);
    stream
        .getOutputStream()
        .write(
            ("GET "
                    + location
                    + "/events HTTP/1.1\r\nHost: 127.0.0.1:"
                    + gateway.port()
                    + "\r\nAuthorization: Bearer "
                    + owner
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    String head = new String(stream.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    if (!head.equals("HTTP/1.1 200")) {
      throw new SocketException("no stream: " + head);
    }
  }
}
