package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.unlock.Descriptors;
import java.io.Console;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads what nobody may see: from a terminal without echo, or from a descriptor straight into
 * native memory. Never from arguments or the environment, which every process of the user can read.
 */
final class SecretInput {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private SecretInput() {}

  /** What is typed at the terminal, without echo; nothing when there is no terminal. */
  static Optional<SecretBytes> ask(String prompt) {
    Optional<Console> terminal = Optional.ofNullable(System.console()).filter(Console::isTerminal);
    if (terminal.isEmpty()) {
      return Optional.empty();
    }
    char[] typed = terminal.get().readPassword("%s", prompt);
    if (typed == null || typed.length == 0) {
      throw nothing(prompt);
    }
    try (SecretBytes room = SecretBytes.allocate(typed.length * 4L)) {
      ByteBuffer encoded = room.segment().asByteBuffer();
      StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(typed), encoded, true);
      return Optional.of(copy(room.segment(), encoded.position()));
    } finally {
      Arrays.fill(typed, '\0');
    }
  }

  /** All that comes from {@code descriptor}, without its last LF. */
  static SecretBytes line(int descriptor, String what) {
    try (SecretBytes room = SecretBytes.allocate(SecretBytes.MAX_BYTES + 2)) {
      long length = Descriptors.read(descriptor, room.segment(), PATIENCE);
      if (length > 0 && room.segment().get(ValueLayout.JAVA_BYTE, length - 1) == '\n') {
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
      return copy(room.segment(), length);
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.VAULT_SECRET_INVALID,
              "The " + what + " cannot be read from descriptor " + descriptor + ".")
          .toException(e);
    }
  }

  private static SecretBytes copy(MemorySegment source, long length) {
    SecretBytes secret = SecretBytes.allocate(length);
    MemorySegment.copy(source, 0, secret.segment(), 0, length);
    return secret;
  }

  private static RuntimeException nothing(String what) {
    return Problem.of(ProblemCode.VAULT_SECRET_INVALID, "Nothing was given: " + what.strip())
        .withHint("Type it, or pipe it in: printf %s \"$TOKEN\" | chitin secret put NAME")
        .toException();
  }
}
