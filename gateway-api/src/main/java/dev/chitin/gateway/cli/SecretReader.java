package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretInput;
import dev.chitin.vault.memory.NativeInput;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.unlock.Descriptors;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads what nobody may see into secret memory by read(2): from a terminal with its echo off, or
 * from a descriptor. No buffer of the Java library sees it. Never from arguments or the
 * environment, which every process of the user can read.
 */
final class SecretReader {
  private static final Path TERMINAL = Path.of("/dev/tty");
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private SecretReader() {}

  /** The line that is typed at the terminal; nothing when standard input is none. */
  static Optional<SecretBytes> ask(String prompt) {
    if (!NativeInput.isTerminal()) {
      return Optional.empty();
    }
    try (OutputStream terminal = Files.newOutputStream(TERMINAL)) {
      terminal.write(prompt.getBytes(StandardCharsets.UTF_8));
      NativeInput.Silence silence = NativeInput.silence();
      try {
        return Optional.of(typed(prompt));
      } finally {
        silence.close();
        terminal.write('\n');
      }
    } catch (IOException e) {
      throw Problem.of(ProblemCode.VAULT_SECRET_INVALID, "The terminal cannot be read.")
          .toException(e);
    }
  }

  private static SecretBytes typed(String prompt) throws IOException {
    try (var input = new SecretInput();
        var pool = new SecretPool(1);
        SecretPool.Page page = pool.take()) {
      boolean ended = false;
      while (!ended) {
        long n = NativeInput.read(page.segment());
        boolean feed = n > 0 && page.segment().get(ValueLayout.JAVA_BYTE, n - 1) == '\n';
        input.add(page.segment().asSlice(0, feed ? n - 1 : n));
        ended = n == 0 || feed;
      }
      if (input.length() == 0) {
        throw nothing(prompt);
      }
      return input.finish();
    }
  }

  /** All that comes from {@code descriptor}, without its last LF. */
  static SecretBytes line(int descriptor, String what) {
    try (SecretBytes room = SecretBytes.allocate(SecretBytes.MAX_BYTES + 2)) {
      MemorySegment bytes = room.segment(SecretAccess.granted());
      long length = Descriptors.read(descriptor, bytes, PATIENCE);
      if (length > 0 && bytes.get(ValueLayout.JAVA_BYTE, length - 1) == '\n') {
        length--;
      }
      if (length > SecretBytes.MAX_BYTES) {
        throw Problem.of(
                ProblemCode.VAULT_SECRET_INVALID,
                "A secret has at most " + SecretBytes.MAX_BYTES + " bytes.")
            .toException();
      }
      if (length == 0) {
        throw nothing(what);
      }
      SecretBytes secret = SecretBytes.allocate(length);
      MemorySegment.copy(bytes, 0, secret.segment(SecretAccess.granted()), 0, length);
      return secret;
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.VAULT_SECRET_INVALID,
              "The " + what + " cannot be read from descriptor " + descriptor + ".")
          .toException(e);
    }
  }

  private static RuntimeException nothing(String what) {
    return Problem.of(ProblemCode.VAULT_SECRET_INVALID, "Nothing was given: " + what.strip())
        .withHint("Type it, or pipe it in: printf %s \"$TOKEN\" | chitin secret put NAME")
        .toException();
  }
}
