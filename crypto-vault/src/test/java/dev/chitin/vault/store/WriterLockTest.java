package dev.chitin.vault.store;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chitin.bus.ChitinException;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One writer at a time, and the next one as soon as it has gone. */
class WriterLockTest {
  private static final Path OWN = Path.of("/proc/self/fd");

  @TempDir Path directory;

  @BeforeEach
  void create() throws IOException {
    Files.createFile(directory.resolve(WriterLock.NAME));
  }

  private void assertRefused() {
    assertThatThrownBy(() -> WriterLock.acquire(directory).close())
        .isInstanceOf(ChitinException.Unavailable.class)
        .hasMessageContaining("Another process");
  }

  @Test
  void aSecondWriterIsRefusedAndDoesNotReleaseTheFirstOnesLock() {
    WriterLock first = WriterLock.acquire(directory);
    assertRefused();
    assertRefused();
    first.close();
    WriterLock.acquire(directory).close();
  }

  /** A child has every descriptor of its parent between fork and exec. */
  @Test
  void itIsFreeAlsoWhileAChildThatIsBeingStartedHasTheDescriptor() throws Throwable {
    assumeTrue(Files.isDirectory(OWN), "no /proc here");
    MethodHandle dup = function("dup");
    WriterLock lock = WriterLock.acquire(directory);
    List<Integer> ours = descriptors();
    assertThat(ours).hasSize(1);
    int childs = (int) dup.invokeExact((int) ours.getFirst());
    assertThat(childs).isNotNegative();
    try {
      assertRefused();
      lock.close();
      WriterLock.acquire(directory).close();
    } finally {
      int closed = (int) function("close").invokeExact(childs);
      assertThat(closed).isZero();
    }
  }

  @SuppressWarnings("restricted") // signatures are those of dup(2) and close(2)
  private static MethodHandle function(String name) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  }

  /** Those of this process that are open at the lock's file. */
  private List<Integer> descriptors() throws IOException {
    Path file = directory.resolve(WriterLock.NAME).toRealPath();
    try (Stream<Path> all = Files.list(OWN)) {
      return all.filter(one -> leadsTo(one, file))
          .map(one -> Integer.valueOf(one.getFileName().toString()))
          .toList();
    }
  }

  private static boolean leadsTo(Path descriptor, Path file) {
    try {
      return Files.readSymbolicLink(descriptor).equals(file);
    } catch (IOException e) {
      return false; // It was closed meanwhile.
    }
  }
}
