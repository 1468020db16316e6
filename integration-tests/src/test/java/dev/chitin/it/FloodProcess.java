package dev.chitin.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * An attacker as a process of its own that takes only the processor time that nobody else wants: on
 * a machine that the gateway shares with its attacker, one that competes for it would measure the
 * scheduler. One flood at a time.
 */
final class FloodProcess implements AutoCloseable {
  /** Between two looks at all connections of one that keeps still or trickles. */
  private static final int PAUSE_MILLIS = 10;

  private final Process process;
  private final BufferedReader answers;

  /** What the connections of a flood do. */
  enum Kind {
    /** Nothing. */
    SILENT,
    /** A header or a body, byte by byte. */
    TRICKLE,
    /** The same requests as fast as they are taken. */
    REPEAT,
    /** Tokens with wrong signatures, each another, as fast as they are taken. */
    TOKENS
  }

  /**
   * What is asked of it.
   *
   * @param first number of the first of loopback's addresses that it comes from
   * @param texts what it sends: the beginnings for {@link Kind#TRICKLE}, by turns; the requests for
   *     {@link Kind#REPEAT}; one request with a token for {@link Kind#TOKENS}
   */
  record Order(
      Kind kind,
      int connections,
      int first,
      int addresses,
      int connectsPerSecond,
      List<String> texts) {}

  /** How it stands. */
  record Standing(long opened, long open, long closedByGateway, long bytes) {}

  private FloodProcess(Process process) {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.ISO_8859_1);
  }

  static FloodProcess start() throws IOException {
    List<String> line = new ArrayList<>(List.of("chrt", "--idle", "0", "nice", "-n", "19"));
    line.add(ProcessHandle.current().info().command().orElseThrow());
    line.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            FloodProcess.class.getName()));
    var started =
        new FloodProcess(
            new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    if (!"ready".equals(started.answers.readLine())) {
      throw new IOException("the attacker did not start");
    }
    return started;
  }

  private String ask(String line) {
    try {
      process.outputWriter(StandardCharsets.ISO_8859_1).append(line).append('\n').flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new IOException("the attacker is gone");
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Begins a flood and returns at once; there is none other. */
  void begin(URI gateway, Order order) {
    var line = new StringBuilder("begin\t" + gateway);
    line.append('\t').append(order.kind());
    for (int number :
        List.of(order.connections(), order.first(), order.addresses(), order.connectsPerSecond())) {
      line.append('\t').append(number);
    }
    for (String text : order.texts()) {
      line.append('\t').append(text.replace("\r\n", "\\n"));
    }
    ask(line.toString());
  }

  Standing look() {
    String[] numbers = ask("look").split(" ", -1);
    return new Standing(
        Long.parseLong(numbers[0]),
        Long.parseLong(numbers[1]),
        Long.parseLong(numbers[2]),
        Long.parseLong(numbers[3]));
  }

  /** Ends the flood: nothing of it is open any more. */
  void end() {
    ask("end");
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }

  // ---- in the process ----

  public static void main(String... arguments) throws IOException {
    System.out.println("ready");
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.ISO_8859_1));
    Flood running = null;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith("begin\t")) {
        running = flood(line.split("\t", -1)).begin();
      }
      if (running == null) {
        throw new IOException("nothing runs: " + line);
      }
      if (line.equals("end")) {
        running.close();
      }
      System.out.println(
          running.opened()
              + " "
              + running.open()
              + " "
              + running.closedByGateway()
              + " "
              + running.bytes());
    }
  }

  private static Flood flood(String[] parts) {
    Kind kind = Kind.valueOf(parts[2]);
    List<String> texts = new ArrayList<>();
    for (int i = 7; i < parts.length; i++) {
      texts.add(parts[i].replace("\\n", "\r\n"));
    }
    IntFunction<Flood.Stream> streams =
        switch (kind) {
          case SILENT -> number -> () -> ByteBuffer.allocate(0);
          case TRICKLE -> number -> trickle(texts.get(number % texts.size()));
          case REPEAT -> number -> repeat(texts);
          case TOKENS -> number -> tokens(texts.getFirst(), number);
        };
    return new Flood(
        URI.create(parts[1]),
        Integer.parseInt(parts[3]),
        Flood.addresses(Integer.parseInt(parts[4]), Integer.parseInt(parts[5])),
        streams,
        kind == Kind.SILENT || kind == Kind.TRICKLE ? PAUSE_MILLIS : 0,
        Integer.parseInt(parts[6]));
  }

  private static Flood.Stream trickle(String first) {
    boolean[] begun = {false};
    return () -> {
      if (begun[0]) {
        return Flood.ascii("a");
      }
      begun[0] = true;
      return Flood.ascii(first);
    };
  }

  private static Flood.Stream repeat(List<String> texts) {
    byte[] many = Flood.ascii(String.join("", texts).repeat(32)).array();
    return () -> ByteBuffer.wrap(many);
  }

  /** The request with its token's signature changed, so that none is remembered as bad. */
  private static Flood.Stream tokens(String request, int number) {
    var random = new Random(number);
    int signature = request.lastIndexOf('.') + 1;
    return () -> {
      var many = new StringBuilder();
      for (int i = 0; i < 16; i++) {
        var one = new StringBuilder(request);
        for (int j = 0; j < 12; j++) {
          one.setCharAt(signature + 10 + j, (char) ('a' + random.nextInt(26)));
        }
        many.append(one);
      }
      return Flood.ascii(many.toString());
    };
  }
}
