package dev.chitin.vault.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SecretArenaTest {
  private static final long BYTES = 16_384;

  @ParameterizedTest
  @EnumSource(MemoryLevel.class)
  void aPieceIsZerosAndWipedThroughItsAddressWhenItEnds(MemoryLevel best) {
    SecretArena memory = SecretArena.open(BYTES, best);
    MemorySegment raw;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = memory.allocate(arena, 1_000);
      raw = raw(piece.address(), 1_000);
      assertThat(raw.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      piece.fill((byte) 7);
      assertThat(raw.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
      assertThat(memory.use().usedBytes()).isEqualTo(1_024);
    }
    assertThat(raw.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(memory.use().usedBytes()).isZero();
  }

  @SuppressWarnings("restricted") // the mapping outlives the test
  private static MemorySegment raw(long address, long length) {
    return MemorySegment.ofAddress(address).reinterpret(length);
  }

  @Test
  void noBetterLevelIsReachedThanAsked() {
    assertThat(SecretArena.open(BYTES, MemoryLevel.DEGRADED).level())
        .isEqualTo(MemoryLevel.DEGRADED);
    assertThat(SecretArena.open(BYTES, MemoryLevel.LOCKED).level())
        .isIn(MemoryLevel.LOCKED, MemoryLevel.DEGRADED);
  }

  /** What the kernel reads for a debugger it reads through /proc/self/mem as well. */
  @Test
  void theKernelItselfCannotReadAPieceOfLevelSecret() throws IOException {
    SecretArena memory = SecretArena.open(BYTES, MemoryLevel.SECRET);
    Assumptions.assumeTrue(memory.level() == MemoryLevel.SECRET, "no memfd_secret here");
    SecretArena locked = SecretArena.open(BYTES, MemoryLevel.LOCKED);
    try (Arena arena = Arena.ofConfined();
        var self = new RandomAccessFile("/proc/self/mem", "r")) {
      self.seek(locked.allocate(arena, 64).address());
      assertThat(self.read(new byte[64])).as("the control").isEqualTo(64);
      self.seek(memory.allocate(arena, 64).address());
      assertThatThrownBy(() -> self.read(new byte[64])).isInstanceOf(IOException.class);
    }
  }

  @Test
  void anExhaustedArenaRefusesCountsAndRecovers() {
    SecretArena memory = SecretArena.open(BYTES, MemoryLevel.SECRET);
    try (Arena other = Arena.ofConfined()) {
      try (Arena arena = Arena.ofConfined()) {
        memory.allocate(arena, BYTES - 256);
        memory.allocate(other, 1);
        assertThatThrownBy(() -> memory.allocate(other, 1))
            .hasMessageContaining("vault.unavailable");
        assertThat(memory.use().refusals()).isEqualTo(1);
      }
      assertThat(memory.allocate(other, BYTES - 256).byteSize()).isEqualTo(BYTES - 256);
    }
    assertThat(memory.use().usedBytes()).isZero();
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // closed one by one, and all at the end
  void piecesNeverOverlap() {
    SecretArena memory = SecretArena.open(BYTES, MemoryLevel.SECRET);
    var random = new Random(5);
    List<Arena> arenas = new ArrayList<>();
    List<MemorySegment> pieces = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      if (pieces.size() < 12 && random.nextBoolean()) {
        Arena arena = Arena.ofConfined();
        arenas.add(arena);
        MemorySegment piece = memory.allocate(arena, 1 + random.nextInt(1_200));
        assertThat(piece.mismatch(MemorySegment.ofArray(new byte[(int) piece.byteSize()])))
            .isEqualTo(-1);
        piece.fill((byte) (i | 1));
        pieces.add(piece);
      } else if (!pieces.isEmpty()) {
        int which = random.nextInt(pieces.size());
        MemorySegment piece = pieces.remove(which);
        byte first = piece.get(ValueLayout.JAVA_BYTE, 0);
        for (long at = 0; at < piece.byteSize(); at++) {
          if (piece.get(ValueLayout.JAVA_BYTE, at) != first) {
            throw new AssertionError("another piece was written into this one");
          }
        }
        arenas.remove(which).close();
      }
    }
    arenas.forEach(Arena::close);
    assertThat(memory.use().usedBytes()).isZero();
  }

  @Test
  void aLevelBelowTheRequiredOneIsRefusedAndSaysWhatToDo() {
    SecretMemory.require(MemoryLevel.SECRET, MemoryLevel.LOCKED);
    SecretMemory.require(MemoryLevel.DEGRADED, MemoryLevel.DEGRADED);
    assertThatThrownBy(() -> SecretMemory.require(MemoryLevel.DEGRADED, MemoryLevel.LOCKED))
        .hasMessageContaining("vault.unavailable")
        .hasMessageContaining("degraded");
    assertThatThrownBy(() -> SecretMemory.require(MemoryLevel.LOCKED, MemoryLevel.SECRET))
        .hasMessageContaining("locked");
  }

  @Test
  void withNothingToLockAProcessReportsDegraded() throws Exception {
    assertThat(levelIn("ulimit -l 0")).isEqualTo("degraded");
    assertThat(levelIn("ulimit -l 64")).isEqualTo("degraded");
  }

  @Test
  void anOperatorsWordLowersTheLevel() throws Exception {
    assertThat(levelIn(":", "-Dchitin.vault.memory=degraded")).isEqualTo("degraded");
    Assumptions.assumeTrue(SecretMemory.level().reaches(MemoryLevel.LOCKED));
    assertThat(levelIn(":", "-Dchitin.vault.memory=locked")).isEqualTo("locked");
  }

  /** The level that a process of its own reaches after {@code limit} in a shell. */
  private static String levelIn(String limit, String... options) throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    String line =
        limit
            + " && exec \"$0\" --enable-native-access=ALL-UNNAMED "
            + String.join(" ", options)
            + " -cp \"$1\" dev.chitin.vault.memory.SecretArenaTest";
    Process child =
        new ProcessBuilder("/bin/sh", "-c", line, java, System.getProperty("java.class.path"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).isZero();
    return out.strip().lines().reduce("", (before, next) -> next);
  }

  /** Prints the level that this process reaches. */
  public static void main(String... arguments) {
    System.out.println(SecretMemory.level());
  }
}
