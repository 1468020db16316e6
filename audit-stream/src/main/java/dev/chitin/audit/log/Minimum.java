package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a pruned log begins. The file {@code minimum} holds {@code <index> <segment>\n}; it is
 * replaced as a whole after the log itself says so, and before anything is deleted. Without it
 * nothing was ever pruned.
 *
 * @param index the first entry that is given, a multiple of 256
 * @param segment first index of the first segment that is kept, at most {@code index}
 */
public record Minimum(long index, long segment) {
  /** Nothing is pruned. */
  public static final Minimum NONE = new Minimum(0, 0);

  /** Entries of one bundle: what is pruned is whole bundles. */
  public static final int UNIT = 256;

  private static final String FILE = "minimum";
  private static final Pattern FORM = Pattern.compile("([0-9]{1,18}) ([0-9]{1,18})\n");

  public Minimum {
    if (index < 0 || index % UNIT != 0 || segment < 0 || segment > index) {
      throw new IllegalArgumentException("a minimum is a multiple of " + UNIT);
    }
  }

  /** The minimum of a log that keeps the segments from {@code segment} on. */
  public static Minimum ofSegment(long segment) {
    return new Minimum((segment + UNIT - 1) / UNIT * UNIT, segment);
  }

  /**
   * The minimum of the log, or of its export, in {@code directory}.
   *
   * @throws IOException also when the file is damaged
   */
  public static Minimum read(Path directory) throws IOException {
    Optional<byte[]> file = DurableFile.read(directory.resolve(FILE), 64);
    if (file.isEmpty()) {
      return NONE;
    }
    Matcher matcher = FORM.matcher(new String(file.get(), StandardCharsets.US_ASCII));
    if (!matcher.matches()) {
      throw new IOException("the file " + FILE + " of the audit log is damaged");
    }
    try {
      return new Minimum(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
    } catch (IllegalArgumentException e) {
      throw new IOException("the file " + FILE + " of the audit log is damaged", e);
    }
  }

  void write(Storage storage, LogDirectory directory) throws IOException {
    DurableFile.replace(storage, directory.path().resolve(FILE), bytes());
  }

  /** The file's content. */
  public byte[] bytes() {
    return (index + " " + segment + "\n").getBytes(StandardCharsets.US_ASCII);
  }
}
