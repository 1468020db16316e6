package dev.chitin.it.bench;

import dev.chitin.it.Certificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/**
 * A full call over TLS beside the same in clear, on connections that stay, turn by turn; and both
 * as a load generator that is not ours sees them.
 */
final class TlsCalls implements Bench.Measurement {
  private static final int CONNECTIONS = 64;
  private static final int WARM_UP = 150_000;
  private static final int SHOTS = 20_000;
  private static final int ROUNDS = 3;
  private static final String ARGUMENTS = "{\"text\":\"over the wire\",\"count\":1}";

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    try (var secured = BenchGateway.start(work, Map.of(), tls(work), "", "");
        var clear = BenchGateway.start(work);
        var overTls = new HttpLoad(CONNECTIONS, true);
        var inClear = new HttpLoad(CONNECTIONS)) {
      var first = new Side(secured.process(), secured.call("echo", ARGUMENTS));
      var second = new Side(clear.process(), clear.call("echo", ARGUMENTS));
      first.warmUp(overTls::fire, WARM_UP);
      second.warmUp(inClear::fire, WARM_UP);
      for (int i = 0; i < ROUNDS; i++) {
        first.turn(overTls::fire, SHOTS);
        second.turn(inClear::fire, SHOTS);
      }
      Optional<H2Load> other = H2Load.find(work, CONNECTIONS);
      rows.add(
          new Row(
              "full call over TLS, CPU",
              first.micros(),
              second.micros(),
              "µs/call",
              "the same in clear",
              "",
              String.format(
                  Locale.ROOT,
                  "%,.0f of %,.0f requests/s; over TLS %s; in clear %s",
                  first.rate(),
                  second.rate(),
                  first.stations(),
                  second.stations())));
      if (other.isPresent()) {
        rows.addAll(seenByAnother(other.get(), first, second));
      }
    }
    return rows;
  }

  private static List<Row> seenByAnother(H2Load other, Side secured, Side clear) throws Exception {
    Side first = secured.again();
    Side second = clear.again();
    first.warmUp(other::overTls, WARM_UP);
    second.warmUp(other::inClear, WARM_UP);
    for (int i = 0; i < ROUNDS; i++) {
      first.turn(other::overTls, SHOTS);
      second.turn(other::inClear, SHOTS);
    }
    return List.of(
        row("full call over TLS by h2load (HTTP/2), CPU", first, secured),
        row("full call by h2load (HTTP/1.1), CPU", second, clear));
  }

  private static Row row(String name, Side theirs, Side ours) {
    return new Row(
        name,
        theirs.micros(),
        ours.micros(),
        "µs/call",
        "the same by our own generator (HTTP/1.1)",
        "",
        String.format(
            Locale.ROOT,
            "%,.0f of %,.0f requests/s; %s",
            theirs.rate(),
            ours.rate(),
            theirs.stations()));
  }

  /** The members of {@code gateway} for a fresh certificate. */
  private static String tls(Path work) throws Exception {
    Path directory = Files.createTempDirectory(work, "tls-");
    KeyPair keys = Certificates.keys("EC", 256);
    Path cert =
        Certificates.write(
            directory.resolve("cert.pem"),
            Certificates.certificate(keys, Instant.now().minusSeconds(60), Duration.ofDays(1)),
            "rw-r--r--");
    Path key =
        Certificates.write(
            directory.resolve("key.pem"),
            new JcaPKCS8Generator(keys.getPrivate(), null),
            "rw-------");
    return "\"tls\": { \"cert\": \"" + cert + "\", \"key\": \"" + key + "\" }, ";
  }
}
