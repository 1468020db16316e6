package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Digest;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.PosixDisk;
import dev.chitin.vault.store.ValueFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many secrets as a vault holds; prints how long opening and putting take. */
class ManySecretsTest {
  @TempDir Path temporary;

  @Test
  void tenThousandSecretsOpenAndOneMoreIsRefused() throws IOException {
    VaultFixture vault = new VaultFixture(temporary).created();
    try (VaultStore store = vault.open(new UnsyncedDisk())) {
      for (int from = 0; from < Manifest.MAX_SECRETS; from += 1_000) {
        fill(store, from);
      }
    }
    long best = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long begin = System.nanoTime();
      try (VaultStore store = vault.open()) {
        best = Math.min(best, System.nanoTime() - begin);
        assertThat(store.status().secrets()).isEqualTo(Manifest.MAX_SECRETS);
        assertThat(VaultFixture.get(store, "t", "n9999")).isEqualTo(value(9_999));
      }
    }
    System.out.println("10,000 secrets open in " + best / 1_000_000 + " ms");
    try (VaultStore store = vault.open()) {
      long begin = System.nanoTime();
      VaultFixture.put(store, "t", "n7", value(1));
      System.out.println(
          "a put among 10,000 takes " + (System.nanoTime() - begin) / 1_000_000 + " ms");
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> VaultFixture.put(store, "t", "more", value(1)))
          .hasMessageContaining("holds 10000");
    }
  }

  @Test
  void aPutIsComparedWithItsSyncs() throws IOException {
    VaultFixture vault = new VaultFixture(temporary).created();
    var disk = new PosixDisk();
    try (VaultStore store = vault.open()) {
      for (int i = 0; i < 20; i++) {
        VaultFixture.put(store, "t", "a", value(i));
      }
      long begin = System.nanoTime();
      for (int i = 0; i < 50; i++) {
        VaultFixture.put(store, "t", "a", value(i));
      }
      long puts = System.nanoTime() - begin;
      Path raw = temporary.resolve("raw");
      disk.createDirectory(raw);
      begin = System.nanoTime();
      for (int i = 0; i < 100; i++) {
        disk.writeNew(raw.resolve("f" + i), new byte[1_000]);
        disk.syncDirectory(raw);
      }
      long raws = System.nanoTime() - begin;
      System.out.printf(
          "a put takes %.2f ms, its four raw syncs %.2f ms%n", puts / 50e6, raws / 50e6);
      assertThat(VaultFixture.get(store, "t", "a")).isEqualTo(value(49));
    }
  }

  private static byte[] value(int number) {
    return ByteBuffer.allocate(48).putInt(number).array();
  }

  /** A thousand secrets in one commit. */
  private static void fill(VaultStore store, int from) {
    Map<String, Manifest.Secret> secrets = new TreeMap<>(store.state().manifest().secrets());
    Map<String, byte[]> files = new HashMap<>();
    for (int i = from; i < from + 1_000; i++) {
      String name = "n" + i;
      var bare =
          new Manifest.Version(
              1,
              Manifest.State.CURRENT,
              1,
              0,
              0,
              "",
              1,
              1,
              Digest.ofBytes(new byte[32]),
              new byte[0]);
      var secret = new Manifest.Secret("t", name, "owner", 0, 1, List.of(bare));
      Box.Place place = store.values().place(secret, bare, 1);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment dataKey = arena.allocate(32);
        SecretMemory.random(dataKey);
        MemorySegment value = arena.allocate(48);
        MemorySegment.copy(value(i), 0, value, ValueLayout.JAVA_BYTE, 0, 48);
        byte[] file = ValueFiles.fileOf(store.box().seal(dataKey, Box.Kind.VALUE, place, value));
        byte[] wrapped =
            store.box().seal(store.keys().ring().currentKey(), Box.Kind.DATA_KEY, place, dataKey);
        secrets.put(
            secret.place(),
            secret.withVersions(List.of(Versions.sealed(bare, Digest.of(file), wrapped))));
        files.put(store.keys().ring().fileName(store.setup().engine(), "t", name, 1), file);
      }
    }
    store.commits().writer.lock();
    try {
      store
          .commits()
          .commit(
              store.state().manifest().next(secrets),
              files,
              Map.of(),
              store.keys().root(),
              store.state().header());
    } finally {
      store.commits().writer.unlock();
    }
  }
}
