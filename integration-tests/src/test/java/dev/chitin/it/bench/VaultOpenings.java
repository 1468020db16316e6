package dev.chitin.it.bench;

import dev.chitin.vault.unlock.Argon2Parameters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;

/**
 * Opening a vault: with its key file, beside the reads of the disk; with a passphrase at the
 * default cost, beside one bare derivation by the same library in this process.
 */
final class VaultOpenings implements Bench.Measurement {
  private static final int OPENS = 200;
  private static final int DERIVATIONS = 7;

  @Override
  public List<Row> run(Path work) throws Exception {
    return List.of(keyFile(BenchVault.byKeyFile(work)), passphrase(work));
  }

  private static Row keyFile(BenchVault vault) throws Exception {
    var timings = new Timings();
    var reads = new Timings();
    Timings.Run open = () -> vault.open().close();
    Timings.Run read =
        () -> {
          for (String name : List.of("header.1", "keyring.1", "manifest")) {
            Files.readAllBytes(vault.directory().resolve(name));
          }
        };
    new Timings().measure(open, OPENS, 1);
    timings.measure(open, OPENS, 1);
    reads.measure(read, OPENS, 1);
    return new Row(
        "vault open with a key file, p50",
        timings.millis(0.5),
        reads.millis(0.5),
        "ms",
        "reading its three files",
        "",
        String.format("%,.0f openings/s", timings.rate()));
  }

  private static Row passphrase(Path work) throws Exception {
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    String phrase = "fake passphrase " + HexFormat.of().formatHex(random);
    BenchVault vault = BenchVault.byPassphrase(work, phrase);
    var cost = Argon2Parameters.of(Argon2Parameters.Profile.DEFAULT, random);
    var timings = new Timings();
    var bare = new Timings();
    Timings.Run open = () -> vault.open().close();
    Timings.Run derive = () -> derive(phrase, cost);
    new Timings().measure(open, 1, 1);
    new Timings().measure(derive, 2, 1);
    for (int i = 0; i < DERIVATIONS; i++) {
      timings.measure(open, 1, 1);
      bare.measure(derive, 1, 1);
    }
    return new Row(
        "vault open with a passphrase, p50",
        timings.millis(0.5),
        bare.millis(0.5),
        "ms",
        "one Argon2id derivation by Bouncy Castle, warm, in this process",
        "",
        String.format(
            "%s; ours starts a JVM that ends with the passphrase; slowest %.0f ms",
            "m=" + cost.memoryKib() + " KiB, t=" + cost.passes() + ", p=" + cost.lanes(),
            timings.millis(1)));
  }

  private static void derive(String phrase, Argon2Parameters cost) {
    var generator = new Argon2BytesGenerator();
    generator.init(
        new org.bouncycastle.crypto.params.Argon2Parameters.Builder(
                org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_id)
            .withVersion(org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(cost.memoryKib())
            .withIterations(cost.passes())
            .withParallelism(cost.lanes())
            .withSalt(cost.salt())
            .build());
    generator.generateBytes(phrase.getBytes(StandardCharsets.UTF_8), new byte[32]);
  }
}
