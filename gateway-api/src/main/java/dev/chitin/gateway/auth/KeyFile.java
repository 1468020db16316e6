package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code keys.json}, 0600, replaced whole and durably: after a crash it is as it was before or
 * after a change. Version 1 knew no scopes, no expiry and no revoked tokens; it is read as well.
 */
final class KeyFile {
  private static final int VERSION = 2;

  private final Path file;

  KeyFile(Path directory) {
    this.file = directory.resolve("keys.json");
  }

  /**
   * All that it holds.
   *
   * @param keys by id
   * @param revoked in the order in which they were revoked
   */
  record Content(Map<String, KeyRecord> keys, Set<RevokedToken> revoked) {
    Content {
      keys = Map.copyOf(keys);
      revoked = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(revoked));
    }
  }

  static Problem unavailable(String why) {
    return Problem.of(
        ProblemCode.CONFIG_INVALID, "The gateway's keys cannot be opened: " + why + ".");
  }

  /** Reads it; a file that is not there is empty. */
  Content read() {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return new Content(Map.of(), Set.of());
    } catch (IOException e) {
      throw unavailable("keys.json cannot be read").toException(e);
    }
    try {
      JsonFields document = JsonFields.of(StrictJson.parse(bytes), "");
      document.required("version", document.integer("version", 1, VERSION));
      Map<String, KeyRecord> keys = new TreeMap<>();
      for (JsonValue item : document.required("keys", document.array("keys"))) {
        KeyRecord key = KeyRecord.of(JsonFields.of(item, "/keys"));
        key.permissions();
        keys.put(key.id(), key);
      }
      Set<RevokedToken> revoked = new LinkedHashSet<>();
      document
          .array("revokedTokens")
          .ifPresent(
              items ->
                  items.forEach(
                      item -> revoked.add(RevokedToken.of(JsonFields.of(item, "/revokedTokens")))));
      document.end();
      return new Content(keys, revoked);
    } catch (JsonSyntaxException | RuntimeException e) {
      throw unavailable("keys.json is damaged").toException(e);
    }
  }

  /** Replaces it; it is on disk when this returns. */
  void write(Content content) throws IOException {
    JsonValue.Obj document =
        JsonValue.object()
            .put("version", VERSION)
            .put(
                "keys",
                new JsonValue.Arr(
                    new TreeMap<>(content.keys())
                        .values().stream().<JsonValue>map(KeyRecord::stored).toList()))
            .put(
                "revokedTokens",
                new JsonValue.Arr(
                    content.revoked().stream().<JsonValue>map(RevokedToken::json).toList()))
            .build();
    Path temporary = file.resolveSibling("keys.json.tmp");
    Files.deleteIfExists(temporary);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(CanonicalJson.bytes(document));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel parent = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
      parent.force(true);
    }
  }
}
