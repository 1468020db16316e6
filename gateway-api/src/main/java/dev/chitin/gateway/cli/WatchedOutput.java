package dev.chitin.gateway.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Remembers why something could not be written, which a {@link java.io.PrintStream} keeps. */
final class WatchedOutput extends FilterOutputStream {
  private volatile @Nullable String lost;

  WatchedOutput(OutputStream out) {
    super(out);
  }

  /** Why output was lost, but for a reader that wanted no more ({@code | head}). */
  Optional<String> lost() {
    return Optional.ofNullable(lost);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      out.write(bytes, from, length);
    } catch (IOException e) {
      throw noted(e);
    }
  }

  @Override
  public void flush() throws IOException {
    try {
      out.flush();
    } catch (IOException e) {
      throw noted(e);
    }
  }

  private IOException noted(IOException failure) {
    String message = String.valueOf(failure.getMessage());
    if (!message.toLowerCase(Locale.ROOT).contains("broken pipe")) {
      lost = message;
    }
    return failure;
  }
}
