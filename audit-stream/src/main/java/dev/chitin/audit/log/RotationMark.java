package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * That the log's key is being rotated. The file {@code key-rotation} holds {@code <from> <until>\n}
 * and stands from before the new key is made until after the old one is destroyed: whoever opens
 * the log knows that there is something to complete or to discard. What counts is the entry in the
 * log, not this file.
 *
 * @param from no entry below it records the rotation
 * @param until when the old key ends to sign
 */
public record RotationMark(long from, Instant until) {
  private static final String FILE = "key-rotation";
  private static final Pattern FORM = Pattern.compile("([0-9]{1,18}) ([0-9]{1,15})\n");

  /**
   * The mark in the log's directory; empty when no rotation is under way.
   *
   * @throws IOException also when the file is damaged
   */
  public static Optional<RotationMark> read(Path directory) throws IOException {
    Optional<byte[]> file = DurableFile.read(directory.resolve(FILE), 64);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    Matcher matcher = FORM.matcher(new String(file.get(), StandardCharsets.US_ASCII));
    if (!matcher.matches()) {
      throw new IOException("the file " + FILE + " of the audit log is damaged");
    }
    return Optional.of(
        new RotationMark(
            Long.parseLong(matcher.group(1)),
            Instant.ofEpochMilli(Long.parseLong(matcher.group(2)))));
  }

  /** Makes it durable. */
  public void write(Storage storage, Path directory) throws IOException {
    byte[] line = (from + " " + until.toEpochMilli() + "\n").getBytes(StandardCharsets.US_ASCII);
    DurableFile.replace(storage, directory.resolve(FILE), line);
  }

  /** Removes it durably. */
  public static void remove(Storage storage, Path directory) throws IOException {
    storage.delete(directory.resolve(FILE));
    storage.syncDirectory(directory);
  }
}
