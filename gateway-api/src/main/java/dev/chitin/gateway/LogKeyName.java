package dev.chitin.gateway;

import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.log.DurableFile;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The random name by which a log's key files are found. It lies in the log's directory, as the file
 * {@code key-name}, and so goes wherever the log goes.
 *
 * @param file where it is kept
 */
record LogKeyName(Path file) {
  private static final int BYTES = 64;
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n?");

  static LogKeyName in(Path log) {
    return new LogKeyName(log.resolve("key-name"));
  }

  /**
   * The name; empty when the log has none yet.
   *
   * @throws ChitinException {@code audit.unavailable} when it cannot be read, {@code
   *     audit.key_changed} when it is no name
   */
  Optional<UUID> read() {
    try {
      return DurableFile.read(file, BYTES).map(this::parse);
    } catch (IOException e) {
      throw unavailable("read", e);
    }
  }

  private UUID parse(byte[] content) {
    Matcher matcher = FORM.matcher(new String(content, StandardCharsets.US_ASCII));
    if (!matcher.matches()) {
      throw Problem.of(
              ProblemCode.AUDIT_KEY_CHANGED,
              "The file " + file + ", which names the audit log's key files, is damaged.")
          .withRule("audit.key")
          .withHint("Write the name of the log's key file into it, without its ending '.key'.")
          .toException();
    }
    return UUID.fromString(matcher.group(1));
  }

  /**
   * Makes {@code name} the log's, durably.
   *
   * @throws ChitinException {@code audit.unavailable} when it cannot be written
   */
  void keep(UUID name) {
    try {
      byte[] line = (name + "\n").getBytes(StandardCharsets.US_ASCII);
      DurableFile.replace(new DiskStorage(), file, line);
    } catch (IOException e) {
      throw unavailable("written", e);
    }
  }

  private ChitinException unavailable(String done, IOException cause) {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE,
            "The file " + file + ", which names the audit log's key files, cannot be " + done + ".")
        .withRule("audit.key")
        .withHint("Check the audit directory's owner, the room on its file system and the disk.")
        .toException(cause);
  }
}
