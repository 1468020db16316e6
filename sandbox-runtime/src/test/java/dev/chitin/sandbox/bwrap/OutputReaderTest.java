package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.policy.DeclaredOutput;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputReaderTest {
  private static final int ROUNDS = 100_000;
  private static final DeclaredOutput RESULT = new DeclaredOutput("result", "d/result", 100, true);

  private Path out;
  private Path outside;

  @BeforeEach
  void directories(@TempDir Path directory) throws IOException {
    out = Files.createDirectories(directory.toRealPath().resolve("out"));
    outside = Files.createDirectories(directory.toRealPath().resolve("outside"));
    Files.writeString(outside.resolve("result"), "secret");
    Files.createDirectories(out.resolve("d"));
    Files.writeString(out.resolve("d/result"), "inside");
  }

  private interface Swap {
    void swap() throws IOException;
  }

  /** Reads while another thread swaps; every answer is what lies inside, or a refusal. */
  private void readWhile(Swap swap) throws Exception {
    var going = new AtomicBoolean(true);
    var fault = new AtomicReference<IOException>();
    Thread swapper =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (going.get()) {
                      swap.swap();
                    }
                  } catch (IOException e) {
                    fault.set(e);
                  }
                });
    int inside = 0;
    int refused = 0;
    try (Fd directory =
        Open.openat2(Open.AT_FDCWD, out.toString(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS)) {
      for (int i = 0; i < ROUNDS; i++) {
        switch (OutputReader.read(directory, RESULT)) {
          case OutputFile.Content content -> {
            if (!RealSandbox.text(content.bytes()).equals("inside")) {
              throw new AssertionError("round " + i + " led outside");
            }
            inside++;
          }
          case OutputFile.Refused reason -> refused++;
        }
      }
    } finally {
      going.set(false);
      swapper.join();
    }
    assertThat(fault.get()).isNull();
    assertThat(inside).as("rounds that read the file").isPositive();
    assertThat(refused).as("rounds that met the swap").isPositive();
  }

  @Test
  void aFileSwappedForALinkIsReadInsideOrRefused() throws Exception {
    Path file = out.resolve("d/result");
    Path next = out.resolve("next");
    readWhile(
        () -> {
          Files.createSymbolicLink(next, outside.resolve("result"));
          Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
          Files.writeString(next, "inside");
          Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        });
  }

  @Test
  void aDirectorySwappedForALinkIsReadInsideOrRefused() throws Exception {
    Path place = out.resolve("d");
    Path aside = out.resolve("aside");
    readWhile(
        () -> {
          Files.move(place, aside, StandardCopyOption.ATOMIC_MOVE);
          Files.createSymbolicLink(place, outside);
          Files.delete(place);
          Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
        });
  }

  /** A file of the kernel's own says that it is empty, and is not. */
  @Test
  void noMoreThanIsDeclaredIsReadWhateverTheSizeSays() throws IOException {
    Path process = Path.of("/proc/" + ProcessHandle.current().pid());
    assertThat(Files.size(process.resolve("status"))).isZero();
    try (Fd directory =
        Open.openat2(Open.AT_FDCWD, process.toString(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS)) {
      assertThat(OutputReader.read(directory, new DeclaredOutput("x", "status", 100, true)))
          .isEqualTo(
              new OutputFile.Refused("x", "has more than the 100 bytes that are declared", true));
      assertThat(OutputReader.read(directory, new DeclaredOutput("x", "status", 100_000, true)))
          .isInstanceOf(OutputFile.Content.class);
    }
  }
}
