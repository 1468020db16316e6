package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.policy.DeclaredOutput;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.SwapRace;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  /** Reads while another thread swaps; every answer is what lies inside, or a refusal. */
  private void readWhile(SwapRace.Swap swap) throws Exception {
    try (Fd directory =
        Open.openat2(Open.AT_FDCWD, out.toString(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS)) {
      SwapRace.run(
          ROUNDS,
          swap,
          round ->
              switch (OutputReader.read(directory, RESULT)) {
                case OutputFile.Content content -> {
                  assertThat(RealSandbox.text(content.bytes())).isEqualTo("inside");
                  yield true;
                }
                case OutputFile.Refused refused -> false;
              });
    }
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
