package dev.chitin.it.bench;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Full calls while others listen: a gateway with many streams of events of calls that say nothing
 * beside one with a single such stream, turn by turn. The readers are a process of their own; what
 * the gateway does to keep their streams alive counts as a part of its calls.
 */
final class IdleStreams implements Bench.Measurement {
  private static final int[] COUNTS = {1, 100, 1_000, 10_000};

  /** A call has at most so many readers here. */
  private static final int READERS = 1_000;

  /** What a gateway opens besides connections. */
  private static final int OTHER_FILES = 600;

  private static final int CONNECTIONS = 16;
  private static final int WARM_UP = 150_000;

  /** Before each row: opening streams loads classes and drops compiled code, for either side. */
  private static final int SETTLING = 30_000;

  private static final int SHOTS = 10_000;
  private static final int ROUNDS = 6;
  private static final String ARGUMENTS = "{\"text\":\"beside listeners\",\"count\":1}";

  /** What the rows compare. */
  private static final class Side implements AutoCloseable {
    private final BenchGateway gateway;
    private final HttpLoad load = new HttpLoad(CONNECTIONS);
    private final HttpLoad.Shot shot;
    private Duration cpu = Duration.ZERO;
    private double rate;

    Side(Path work) throws Exception {
      gateway =
          BenchGateway.start(
              work,
              Map.of(),
              "",
              "",
              "\"tool_limits\": { \"process_run\": { \"wall_ms\": 1800000 } },"
                  + " \"ceiling\": { \"wall_ms\": 1800000 }, ");
      shot = gateway.call("echo", ARGUMENTS);
      load.fire(shot, WARM_UP);
    }

    void reset() {
      load.fire(shot, SETTLING);
      cpu = Duration.ZERO;
      rate = 0;
    }

    void fire() {
      Duration before = gateway.process().cpu();
      rate = Math.max(rate, load.fire(shot, SHOTS));
      cpu = cpu.plus(gateway.process().cpu()).minus(before);
    }

    double micros() {
      return cpu.toNanos() / 1e3 / (SHOTS * ROUNDS);
    }

    /** A call that says nothing for as long as this takes; its path. */
    String silentCall(HttpClient http) throws IOException, InterruptedException {
      HttpRequest call =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + gateway.port() + "/v1/tools/process_run/calls"))
              .header("authorization", "Bearer " + gateway.key())
              .header("content-type", "application/json")
              .header("prefer", "respond-async")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"arguments\":{\"argv\":[\"sleep\",\"1700\"]}}"))
              .build();
      HttpResponse<String> answer = http.send(call, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 202) {
        throw new IOException(answer.statusCode() + " " + answer.body());
      }
      return answer.headers().firstValue("location").orElseThrow();
    }

    void open(HttpClient http, Child readers, int more) throws Exception {
      for (int left = more; left > 0; left -= READERS) {
        String answer =
            readers.ask(
                Math.min(READERS, left)
                    + " "
                    + gateway.port()
                    + " "
                    + silentCall(http)
                    + "/events "
                    + gateway.key());
        if (!answer.endsWith(" open")) {
          throw new IOException(answer);
        }
      }
    }

    @Override
    public void close() {
      load.close();
      gateway.close();
    }
  }

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    try (var many = new Side(work);
        var one = new Side(work);
        var readers = Child.start(work.resolve("readers.log"), Map.of(), IdleReaders.class);
        var reader = Child.start(work.resolve("reader.log"), Map.of(), IdleReaders.class);
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      one.open(http, reader, 1);
      Child.Memory before = many.gateway.process().memory();
      int open = 0;
      for (int count : COUNTS) {
        int wanted = (int) Math.min(count, files() - OTHER_FILES);
        many.open(http, readers, wanted - open);
        open = wanted;
        rows.add(row(many, one, open, before));
        if (wanted < count) {
          break;
        }
      }
    }
    return rows;
  }

  private static Row row(Side many, Side one, int open, Child.Memory before) throws Exception {
    Child.Memory held = many.gateway.process().memory().minus(before);
    many.reset();
    one.reset();
    for (int i = 0; i < ROUNDS; i++) {
      many.fire();
      one.fire();
    }
    return new Row(
        String.format(Locale.ROOT, "full call beside %,d idle event streams, CPU", open),
        many.micros(),
        one.micros(),
        "µs/call",
        "the same beside one",
        "≤ 1.2",
        String.format(
            Locale.ROOT,
            "heap %+.1f MiB (%.1f KiB each), resident %+.1f MiB (%.1f KiB each); %,.0f of %,.0f"
                + " requests/s",
            held.heapBytes() / 1048576.0,
            held.heapBytes() / 1024.0 / open,
            held.residentBytes() / 1048576.0,
            held.residentBytes() / 1024.0 / open,
            many.rate,
            one.rate));
  }

  /** How many files a process may have open here; the gateway has as many as this one. */
  private static long files() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : 1_024;
  }
}
