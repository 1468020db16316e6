package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretInput;
import dev.chitin.vault.memory.NativeInput;
import dev.chitin.vault.memory.SecretPool;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads a secret from standard input into secret memory by read(2); from a terminal with its echo
 * off. No buffer of the Java library sees it.
 */
final class SecretReader {
  private SecretReader() {}

  /**
   * The secret, without one line feed at its end; whoever gets it closes it.
   *
   * @param prompt where to ask when standard input is a terminal
   */
  static SecretBytes read(PrintStream prompt) {
    try {
      if (!NativeInput.isTerminal()) {
        return readAll(false);
      }
      prompt.print("Secret: ");
      prompt.flush();
      NativeInput.Silence silence = NativeInput.silence();
      try {
        return readAll(true);
      } finally {
        silence.close();
        prompt.println();
      }
    } catch (IOException e) {
      throw Problem.of(ProblemCode.VAULT_SECRET_INVALID, "The secret cannot be read from stdin.")
          .toException(e);
    }
  }

  /**
   * @param line whether the first line feed ends the secret
   */
  private static SecretBytes readAll(boolean line) throws IOException {
    try (var input = new SecretInput();
        var pool = new SecretPool(1);
        SecretPool.Page page = pool.take()) {
      boolean feed = false;
      boolean ended = false;
      while (!ended) {
        long n = NativeInput.read(page.segment());
        if (n > 0) {
          if (feed) {
            input.add((byte) '\n');
          }
          MemorySegment piece = page.segment().asSlice(0, n);
          feed = piece.get(ValueLayout.JAVA_BYTE, n - 1) == '\n';
          input.add(feed ? piece.asSlice(0, n - 1) : piece);
        }
        ended = n == 0 || (line && feed);
      }
      if (input.length() == 0) {
        throw nothing();
      }
      return input.finish();
    }
  }

  private static RuntimeException nothing() {
    return Problem.of(ProblemCode.VAULT_SECRET_INVALID, "There is no secret on stdin.")
        .withHint("Pipe it in: printf %s \"$TOKEN\" | chitin secret put NAME")
        .toException();
  }
}
