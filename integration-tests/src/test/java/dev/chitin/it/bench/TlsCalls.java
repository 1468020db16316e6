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
  private static final int WARM_UP = 30_000;
  private static final int SHOTS = 20_000;
  private static final int ROUNDS = 3;
  private static final String ARGUMENTS = "{\"text\":\"over the wire\",\"count\":1}";

  /** One gateway, what it took by one generator, and where it went. */
  private static final class Side {
    private final BenchGateway gateway;
    private final HttpLoad.Shot shot;
    private double rate;
    private Duration cpu = Duration.ZERO;
    private StationTimes stations = new StationTimes(Map.of());

    Side(BenchGateway gateway) {
      this.gateway = gateway;
      this.shot = gateway.call("echo", ARGUMENTS);
    }

    /** A generator; gives requests a second. */
    @FunctionalInterface
    interface Load {
      double fire(HttpLoad.Shot shot, int count) throws Exception;
    }

    void turn(Load load) throws Exception {
      Duration before = gateway.process().cpu();
      StationTimes stationsBefore = gateway.process().stations();
      rate = Math.max(rate, load.fire(shot, SHOTS));
      stations = stations.plus(gateway.process().stations().minus(stationsBefore));
      cpu = cpu.plus(gateway.process().cpu()).minus(before);
    }

    double micros() {
      return cpu.toNanos() / 1e3 / (SHOTS * ROUNDS);
    }

    String stations() {
      return stations.perCall((long) SHOTS * ROUNDS);
    }
  }

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    try (var secured = BenchGateway.start(work, Map.of(), tls(work), "", "");
        var clear = BenchGateway.start(work);
        var overTls = new HttpLoad(CONNECTIONS, true);
        var inClear = new HttpLoad(CONNECTIONS)) {
      var first = new Side(secured);
      var second = new Side(clear);
      overTls.fire(first.shot, WARM_UP);
      inClear.fire(second.shot, WARM_UP);
      for (int i = 0; i < ROUNDS; i++) {
        first.turn(overTls::fire);
        second.turn(inClear::fire);
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
                  "%,.0f of %,.0f requests/s; over TLS %s; in clear %s%s",
                  first.rate,
                  second.rate,
                  first.stations(),
                  second.stations(),
                  other.isPresent() ? "" : "; h2load is not installed (Debian: nghttp2-client)")));
      if (other.isPresent()) {
        rows.addAll(seenByAnother(other.get(), first, second));
      }
    }
    return rows;
  }

  private static List<Row> seenByAnother(H2Load other, Side secured, Side clear) throws Exception {
    var first = new Side(secured.gateway);
    var second = new Side(clear.gateway);
    other.fire(first.shot, WARM_UP, true);
    for (int i = 0; i < ROUNDS; i++) {
      first.turn((shot, count) -> other.fire(shot, count, true));
      second.turn((shot, count) -> other.fire(shot, count, false));
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
            theirs.rate,
            ours.rate,
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
