package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an orderly stop leaves behind: the size and the root that the next start has to find. It is
 * removed before the log is written again, so its absence means that the last stop was not clean.
 */
record CleanSeal(long size, Digest root) {

  void write(Storage storage, LogDirectory directory) throws IOException {
    byte[] text =
        CanonicalJson.bytes(
            JsonValue.object().put("root", root.toString()).put("size", size).build());
    DurableFile.replace(storage, directory.sealed(), text);
  }

  static Optional<CleanSeal> read(LogDirectory directory) throws IOException, LogDamage {
    Path path = directory.sealed();
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    try {
      if (Files.size(path) > 256) {
        throw unreadable();
      }
      JsonFields fields = JsonFields.of(StrictJson.parse(Files.readAllBytes(path)), "");
      long size = fields.required("size", fields.integer("size", 0, JsonValue.Int.MAX));
      String root = fields.required("root", fields.string("root"));
      return Optional.of(new CleanSeal(size, Digest.parse(root)));
    } catch (JsonSyntaxException | RuntimeException e) {
      throw unreadable();
    }
  }

  static void remove(Storage storage, LogDirectory directory) throws IOException {
    storage.delete(directory.sealed());
    storage.syncDirectory(directory.path());
  }

  /** What is wrong when the log has {@code size} entries under {@code root}, if anything is. */
  Optional<String> contradicts(long foundSize, byte[] foundRoot) {
    if (foundSize != size) {
      return Optional.of(
          "the log was closed with " + size + " entries, and " + foundSize + " are here");
    }
    return Digest.ofBytes(foundRoot).equals(root)
        ? Optional.empty()
        : Optional.of("the log was closed with another tree root");
  }

  private static LogDamage unreadable() {
    return new LogDamage(new LogFault(0, "sealed", 0, "the seal of the last stop is not readable"));
  }
}
