package dev.chitin.it.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.LiveFiles;
import dev.chitin.vault.store.Slot;
import dev.chitin.vault.unlock.Argon2Parameters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * A gateway that works with secrets holds no copy of them and none of its keys where another could
 * read it, nor does what can be dumped of it. It works under the garbage collector's load, which
 * moves what is on the heap, and then without, so that nothing lies over what the last calls left;
 * it stands still while it is scanned. In each scan a control is planted that has to be found, and
 * the JDK's engine, which has keys on the heap, is found out by the same scan.
 */
class SecretCopiesTest {
  private static final int CALLS_UNDER_LOAD = 250;
  private static final int LAST_CALLS = 15;

  /** Works under load and then without. The needles are there before the last call. */
  private static MemoryScan worked(ScannedProcess gateway, Slot.Method method, byte[] credential)
      throws Exception {
    gateway.tell("plant " + gateway.control());
    long before = gateway.tell("litter");
    gateway.call(CALLS_UNDER_LOAD);
    assertThat(gateway.tell("quiet") - before).as("collections").isGreaterThan(5);
    MemoryScan scan = needles(gateway, method, credential);
    gateway.call(LAST_CALLS);
    return scan;
  }

  private static MemoryScan needles(ScannedProcess gateway, Slot.Method method, byte[] credential)
      throws Exception {
    var scan = new MemoryScan();
    scan.addSecret("secret", gateway.plain());
    scan.addSecret("secret over TLS", gateway.overTls());
    scan.addSecret("control", gateway.control());
    scan.addKey("credential", credential);
    Map<String, byte[]> keys = VaultKeys.of(gateway.home().resolve("vault"), method, credential);
    assertThat(keys.keySet())
        .filteredOn(name -> !name.startsWith(VaultKeys.BOX))
        .containsExactly(
            "unlock key",
            "root key",
            "index key",
            "key of term 1",
            "data key of default/plain 1",
            "data key of default/tls 1");
    keys.forEach(scan::addKey);
    signingKey(scan, gateway.logKey());
    everythingInSecretMemory(scan, gateway.secretMemory());
    return scan;
  }

  /** The seed of the log's key and what RFC 8032 makes of it: scalar and prefix. */
  private static void signingKey(MemoryScan scan, byte[] seed) throws Exception {
    scan.addKey("signing seed", seed);
    byte[] expanded = MessageDigest.getInstance("SHA-512").digest(seed);
    scan.addKey("signing hash", expanded);
    scan.addKey("signing prefix", Arrays.copyOfRange(expanded, 32, 64));
    expanded[0] &= (byte) 0xF8;
    scan.addKey("signing scalar", expanded);
  }

  /** What begins a slot of secret memory and looks random: also keys that this test knows not. */
  private static void everythingInSecretMemory(MemoryScan scan, byte[] masked) {
    int found = 0;
    for (int at = 0; at + 16 <= masked.length; at += 256) {
      byte[] window = Arrays.copyOfRange(masked, at, at + 16);
      for (int i = 0; i < window.length; i++) {
        window[i] ^= ScannedGateway.MASK;
      }
      if (new String(window, StandardCharsets.ISO_8859_1).chars().distinct().count() > 11) {
        scan.addBytes("secret memory at " + at, window);
        found++;
      }
    }
    assertThat(found).as("keys in secret memory").isGreaterThanOrEqualTo(3);
  }

  private static void assertNone(MemoryScan.Result result) {
    assertThat(result.of("control")).as("the control, in %s", result).isPositive();
    assertThat(result.found().keySet())
        .as("%s", result.found())
        .allMatch(name -> name.startsWith("control"));
  }

  private static void assertNoneInMemory(MemoryScan.Result result) {
    assertNone(result);
    assertThat(result.bytes()).isGreaterThan(50L << 20);
    assertThat(result.unreadable()).anyMatch(line -> line.contains("secretmem"));
  }

  private static MemoryScan.Result heapDump(ScannedProcess gateway, MemoryScan scan)
      throws Exception {
    Path file = gateway.beside("heap.hprof");
    gateway.tell("heap " + file);
    MemoryScan.Result result = scan.file(file);
    Files.delete(file);
    return result;
  }

  private static MemoryScan.Result core(ScannedProcess gateway, MemoryScan scan) throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcore")), "gdb is not installed");
    Path prefix = gateway.beside("core");
    Process gcore =
        new ProcessBuilder("/usr/bin/gcore", "-o", prefix.toString(), "" + gateway.pid())
            .redirectErrorStream(true)
            .start();
    String said = new String(gcore.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    gcore.waitFor();
    Path core = Path.of(prefix + "." + gateway.pid());
    Assumptions.assumeTrue(Files.exists(core), "gcore may not attach here: " + said);
    MemoryScan.Result result = scan.file(core);
    Files.delete(core);
    return result;
  }

  private static void assertNoneIsShown(ScannedProcess gateway, MemoryScan scan) throws Exception {
    List<Path> shown = new ArrayList<>();
    for (String name : List.of("environ", "cmdline", "maps", "status")) {
      Path copy = gateway.beside(name);
      Files.write(copy, Files.readAllBytes(Path.of("/proc/" + gateway.pid(), name)));
      shown.add(copy);
    }
    LiveFiles.in(gateway.home()).stream().filter(Files::isRegularFile).forEach(shown::add);
    shown.add(gateway.errors());
    shown.add(names(gateway));
    for (Path file : shown) {
      assertThat(LiveFiles.look(file, at -> scan.file(at).found().keySet()).orElse(Set.of()))
          .as(file.toString())
          .allMatch(name -> name.startsWith("control"));
    }
  }

  /** The names of all its files, of what it has open and of its threads, as one file. */
  private static Path names(ScannedProcess gateway) throws Exception {
    var names = new StringBuilder();
    for (Path file : LiveFiles.in(gateway.home().resolve("..").normalize())) {
      names.append(file).append('\n');
    }
    Path process = Path.of("/proc/" + gateway.pid());
    try (Stream<Path> open = Files.list(process.resolve("fd"))) {
      for (Path link : open.toList()) {
        LiveFiles.look(link, Files::readSymbolicLink)
            .ifPresent(target -> names.append(target).append('\n'));
      }
    }
    assertThat(names).contains("audit-log-keys");
    try (Stream<Path> threads = Files.list(process.resolve("task"))) {
      for (Path thread : threads.toList()) {
        LiveFiles.look(thread.resolve("comm"), Files::readString).ifPresent(names::append);
      }
    }
    Path file = gateway.beside("names");
    Files.writeString(file, names);
    return file;
  }

  @Test
  void nothingIsLeftInMemoryInDumpsOrOnDiskAndAnOpenSecretIsInSecretMemoryAlone() throws Exception {
    try (ScannedProcess gateway = ScannedProcess.byKeyFile()) {
      MemoryScan scan = worked(gateway, Slot.Method.KEY_FILE, gateway.keyFile("vault.key"));
      assertNoneInMemory(gateway.snapshot(scan));
      assertNone(heapDump(gateway, scan));
      assertNone(core(gateway, scan));
      assertNoneIsShown(gateway, scan);
      int before = inSecretMemory(gateway);
      gateway.tell("hold plain");
      assertThat(inSecretMemory(gateway)).as("while it is open").isEqualTo(before + 1);
      assertNoneInMemory(gateway.snapshot(scan));
      assertNone(heapDump(gateway, scan));
      assertNone(core(gateway, scan));
      gateway.tell("release");
      assertThat(inSecretMemory(gateway)).as("after its use").isEqualTo(before);
    }
  }

  private static int inSecretMemory(ScannedProcess gateway) throws Exception {
    byte[] masked = gateway.secretMemory();
    byte[] secret = gateway.plain().getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < secret.length; i++) {
      secret[i] ^= ScannedGateway.MASK;
    }
    int found = 0;
    for (int at = 0; at + secret.length <= masked.length; at++) {
      found += Arrays.equals(masked, at, at + secret.length, secret, 0, secret.length) ? 1 : 0;
    }
    return found;
  }

  @Test
  void aVaultOpenedByAPassphraseLeavesNothingOfIt() throws Exception {
    String phrase = ScannedProcess.fake();
    try (ScannedProcess gateway = ScannedProcess.byPassphrase(phrase)) {
      Slot slot = VaultKeys.slot(gateway.home().resolve("vault"), Slot.Method.PASSPHRASE);
      MemoryScan scan = worked(gateway, Slot.Method.PASSPHRASE, argon2(phrase, slot));
      scan.addSecret("passphrase", phrase);
      assertNoneInMemory(gateway.snapshot(scan));
      assertNone(heapDump(gateway, scan));
      assertNoneIsShown(gateway, scan);
    }
  }

  private static byte[] argon2(String phrase, Slot slot) {
    Argon2Parameters cost = Argon2Parameters.read(slot);
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
    byte[] key = new byte[32];
    generator.generateBytes(phrase.getBytes(StandardCharsets.US_ASCII), key);
    return key;
  }

  /** The control of the scan itself: what is known to leave copies does not pass. */
  @Test
  void theJdksEngineIsCaughtByTheSameScan() throws Exception {
    try (ScannedProcess gateway = ScannedProcess.byKeyFile("-Dchitin.vault.crypto=jce")) {
      MemoryScan scan = worked(gateway, Slot.Method.KEY_FILE, gateway.keyFile("vault.key"));
      MemoryScan.Result result = gateway.snapshot(scan);
      assertThat(result.of("control")).isPositive();
      // The engine keeps this key for as long as it is open, so its copies are always there.
      assertThat(result.of("index key")).as("index key in %s", result.found()).isPositive();
      // These it makes for one use, and what is left of each is the collector's to decide.
      assertThat(
              Stream.of(
                      "signing seed",
                      "signing prefix",
                      VaultKeys.BOX + "DATA_KEY default/plain",
                      VaultKeys.BOX + "VALUE default/plain",
                      VaultKeys.BOX + "VALUE default/tls")
                  .mapToInt(result::of)
                  .sum())
          .as("keys made for one use in %s", result.found())
          .isPositive();
    }
  }
}
