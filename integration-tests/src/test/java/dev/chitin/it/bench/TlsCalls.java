package dev.chitin.it.bench;

import dev.chitin.it.Certificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/** A full call over TLS beside the same in clear, on connections that stay, turn by turn. */
final class TlsCalls implements Bench.Measurement {
  private static final int CONNECTIONS = 64;
  private static final int WARM_UP = 30_000;
  private static final int SHOTS = 20_000;
  private static final int ROUNDS = 3;
  private static final String ARGUMENTS = "{\"text\":\"over the wire\",\"count\":1}";

  @Override
  public List<Row> run(Path work) throws Exception {
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
    String tls = "\"tls\": { \"cert\": \"" + cert + "\", \"key\": \"" + key + "\" }, ";
    try (var secured = BenchGateway.start(work, Map.of(), tls, "", "");
        var clear = BenchGateway.start(work);
        var overTls = new HttpLoad(CONNECTIONS, true);
        var inClear = new HttpLoad(CONNECTIONS)) {
      HttpLoad.Shot first = secured.call("echo", ARGUMENTS);
      HttpLoad.Shot second = clear.call("echo", ARGUMENTS);
      overTls.fire(first, WARM_UP);
      inClear.fire(second, WARM_UP);
      double rate = 0;
      double clearRate = 0;
      Duration cpu = Duration.ZERO;
      Duration clearCpu = Duration.ZERO;
      for (int i = 0; i < ROUNDS; i++) {
        Duration before = secured.process().cpu();
        rate = Math.max(rate, overTls.fire(first, SHOTS));
        cpu = cpu.plus(secured.process().cpu()).minus(before);
        before = clear.process().cpu();
        clearRate = Math.max(clearRate, inClear.fire(second, SHOTS));
        clearCpu = clearCpu.plus(clear.process().cpu()).minus(before);
      }
      return List.of(
          new Row(
              "full call over TLS, CPU",
              cpu.toNanos() / 1e3 / (SHOTS * ROUNDS),
              clearCpu.toNanos() / 1e3 / (SHOTS * ROUNDS),
              "µs/call",
              "the same in clear",
              "",
              String.format(Locale.ROOT, "%,.0f of %,.0f requests/s", rate, clearRate)));
    }
  }
}
