package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at random points of a process that puts, rotates, prunes and deletes: the vault opens in
 * the state before or after what was under way, and nothing else lies there.
 */
class KillTest {
  private static final int MOST_LINES = 12;
  private static final long MOST_NANOS = 6_000_000;

  @TempDir Path temporary;

  @Test
  void twentyKills() throws Exception {
    kill(20);
  }

  @Test
  @Tag("full")
  void twoHundredKills() throws Exception {
    kill(200);
  }

  /** What the vault has to hold: name to number. */
  private record Expected(Map<String, Long> before, Map<String, Long> after) {}

  private void kill(int rounds) throws Exception {
    Path own = Files.createDirectories(temporary.resolve("own"));
    var vault =
        new VaultFixture(own, new FileJournal(own.resolve("home").resolve("marks"))).created();
    var random = new SplittableRandom();
    Map<String, Long> state = new TreeMap<>();
    int changes = 0;
    for (int round = 0; round < rounds; round++) {
      Process child = VaultChild.start("loop", vault);
      BufferedReader lines = child.inputReader(StandardCharsets.UTF_8);
      assertThat(lines.readLine()).isEqualTo("opened .");
      List<String> said = new ArrayList<>();
      for (int i = random.nextInt(MOST_LINES); i > 0; i--) {
        said.add(lines.readLine());
      }
      // The delay picks the point, nothing is waited for: wherever it falls, the state must do.
      LockSupport.parkNanos(random.nextLong(MOST_NANOS));
      // Through its handle: Process.destroyForcibly would close the pipe and lose what it said.
      child.toHandle().destroyForcibly();
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
      lines.lines().forEach(said::add);
      Expected expected = replay(said, state);
      changes += expected.before().equals(state) ? 0 : 1;
      try (VaultStore store = vault.open()) {
        state = values(store);
        assertThat(state).as("round " + round).isIn(expected.before(), expected.after());
        assertThat(vault.files()).as("round " + round).hasSize(4 + live(store));
      }
    }
    assertThat(changes).as("rounds in which something was done before the kill").isPositive();
  }

  private static Expected replay(List<String> lines, Map<String, Long> state) {
    Map<String, Long> done = new TreeMap<>(state);
    Map<String, Long> begun = new TreeMap<>(state);
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      if (!words[words.length - 1].equals(".")) {
        break; // cut short by the kill: then it was not begun
      }
      switch (words[0]) {
        case "put" -> begun.put(words[1], Long.parseLong(words[2]));
        case "delete" -> begun.remove(words[1]);
        case "prune" -> assertThat(begun).containsKey(words[1]);
        case "done" -> done = new TreeMap<>(begun);
        default -> throw new AssertionError(line);
      }
    }
    return new Expected(done, begun);
  }

  private static Map<String, Long> values(VaultStore store) {
    Map<String, Long> values = new TreeMap<>();
    for (SecretMetadata secret : store.list("t").secrets()) {
      byte[] value = VaultFixture.get(store, "t", secret.name().value());
      long number = ByteBuffer.wrap(value).getLong();
      assertThat(value).isEqualTo(VaultChild.value(number));
      values.put(secret.name().value(), number);
    }
    return values;
  }

  private static int live(VaultStore store) {
    return (int)
        store.list("t").secrets().stream()
            .flatMap(secret -> secret.versions().stream())
            .filter(version -> !version.state().equals("destroyed"))
            .count();
  }
}
