package dev.chitin.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code h2load} of nghttp2, a load generator that is not ours, where it is installed: it shows
 * that the figures are not those of our own client. Its command line holds the credential, which is
 * a key of a gateway that ends with the measurement.
 */
final class H2Load {
  private static final Pattern RATE = Pattern.compile("finished in .*?, ([0-9.]+) req/s.*");
  private static final Pattern CODES = Pattern.compile("status codes: ([0-9]+) 2xx,.*");

  private final Path program;
  private final Path body;
  private final int connections;

  private H2Load(Path program, Path body, int connections) {
    this.program = program;
    this.body = body;
    this.connections = connections;
  }

  /** It, if it is installed. */
  static Optional<H2Load> find(Path work, int connections) throws IOException {
    Optional<Path> program =
        Stream.of(System.getenv("PATH").split(":", -1))
            .map(directory -> Path.of(directory, "h2load"))
            .filter(Files::isExecutable)
            .findFirst();
    if (program.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new H2Load(program.get(), Files.createTempFile(work, "body-", ".json"), connections));
  }

  /**
   * Sends {@code count} requests as HTTP/1.1; gives requests a second. Fails unless all are 200.
   */
  double inClear(HttpLoad.Shot shot, int count) throws IOException, InterruptedException {
    return fire(shot, count, false);
  }

  /** The same as HTTP/2. */
  double overTls(HttpLoad.Shot shot, int count) throws IOException, InterruptedException {
    return fire(shot, count, true);
  }

  private double fire(HttpLoad.Shot shot, int count, boolean tls)
      throws IOException, InterruptedException {
    Files.writeString(body, shot.body());
    List<String> line =
        new ArrayList<>(
            List.of(
                program.toString(),
                "-n",
                Integer.toString(count),
                "-c",
                Integer.toString(connections),
                "-t",
                "1",
                "-d",
                body.toString()));
    if (!tls) {
      line.add("--h1");
    }
    shot.headers().forEach((name, value) -> line.addAll(List.of("-H", name + ": " + value)));
    line.add((tls ? "https" : "http") + "://127.0.0.1:" + shot.port() + shot.path());
    Process process =
        new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    double rate = 0;
    long succeeded = 0;
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String told = lines.readLine(); told != null; told = lines.readLine()) {
        Matcher speed = RATE.matcher(told);
        if (speed.matches()) {
          rate = Double.parseDouble(speed.group(1));
        }
        Matcher codes = CODES.matcher(told);
        if (codes.matches()) {
          succeeded = Long.parseLong(codes.group(1));
        }
      }
    }
    if (process.waitFor() != 0 || succeeded != count) {
      throw new IOException("h2load: " + succeeded + " of " + count + " requests succeeded");
    }
    return rate;
  }
}
