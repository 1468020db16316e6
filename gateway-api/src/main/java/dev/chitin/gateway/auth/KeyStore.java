package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
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
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's keys in one file, 0600, replaced whole and durably at each change. One process at a
 * time holds it. Look-ups are free of locks and see each change at once.
 */
public final class KeyStore implements AutoCloseable {
  /** Most keys of one gateway. */
  public static final int MAX_KEYS = 10_000;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");

  private final Path file;
  private final FileChannel lock;
  private final SecureRandom random = new SecureRandom();
  private volatile Map<String, KeyRecord> keys;

  private KeyStore(Path file, FileChannel lock, Map<String, KeyRecord> keys) {
    this.file = file;
    this.lock = lock;
    this.keys = keys;
  }

  /**
   * Opens {@code directory/keys.json}, which need not exist yet, and locks it for this process.
   *
   * @throws dev.chitin.bus.ChitinException when another process holds it or it cannot be read
   */
  public static KeyStore open(Path directory) {
    Path file = directory.resolve("keys.json");
    FileChannel channel = lock(directory);
    try {
      return new KeyStore(file, channel, Map.copyOf(read(file)));
    } catch (RuntimeException e) {
      release(channel);
      throw e;
    }
  }

  private static FileChannel lock(Path directory) {
    try {
      FileChannel channel =
          FileChannel.open(
              directory.resolve("keys.lock"),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw unavailable("another process holds them").toException();
      }
      return channel;
    } catch (IOException e) {
      throw unavailable("their lock file cannot be opened").toException(e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static Problem unavailable(String why) {
    return Problem.of(
        ProblemCode.CONFIG_INVALID, "The gateway's keys cannot be opened: " + why + ".");
  }

  /** The record of a key that may still be used. */
  public Optional<KeyRecord> find(String id) {
    return Optional.ofNullable(keys.get(id));
  }

  /** All keys, oldest first. */
  public List<KeyRecord> list() {
    return keys.values().stream()
        .sorted(
            java.util.Comparator.comparingLong(KeyRecord::createdMillis)
                .thenComparing(KeyRecord::id))
        .toList();
  }

  /** Makes a key; it is on disk when this returns. Blocks. */
  public synchronized CreatedKey create(String tenant, String name, Role role) {
    checkName(name, "a key");
    checkName(tenant, "a tenant");
    if (keys.size() >= MAX_KEYS) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "There are " + MAX_KEYS + " keys already.")
          .withHint("Revoke keys that are no longer used.")
          .toException();
    }
    ApiKey key = ApiKey.generate(random);
    var record =
        new KeyRecord(
            key.id(), tenant, name, role, digest(key.secret()), System.currentTimeMillis());
    var next = new TreeMap<>(keys);
    next.put(key.id(), record);
    replace(next);
    return new CreatedKey(key.id(), key.reveal());
  }

  private static void checkName(String name, String of) {
    if (!NAME.matcher(name).matches()) {
      throw Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "That is not a name for " + of + ".")
          .withHint("Use 1 to 64 letters, digits, dots, underscores, hyphens or @.")
          .toException();
    }
  }

  /** Revokes a key; the next request with it is refused. Blocks. */
  public synchronized KeyRecord revoke(String id) {
    var next = new TreeMap<>(keys);
    KeyRecord removed = next.remove(id);
    if (removed == null) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "There is no key with that id.")
          .toException();
    }
    replace(next);
    return removed;
  }

  static Digest digest(String secret) {
    return Digest.of(secret.getBytes(StandardCharsets.US_ASCII));
  }

  private void replace(Map<String, KeyRecord> next) {
    try {
      write(next);
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The keys could not be written.").toException(e);
    }
    keys = Map.copyOf(next);
  }

  private void write(Map<String, KeyRecord> next) throws IOException {
    List<JsonValue> items = new ArrayList<>();
    next.values().forEach(key -> items.add(json(key)));
    JsonValue.Obj document =
        JsonValue.object().put("version", 1).put("keys", new JsonValue.Arr(items)).build();
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

  private static JsonValue json(KeyRecord key) {
    return JsonValue.object()
        .put("id", key.id())
        .put("tenant", key.tenant())
        .put("name", key.name())
        .put("role", key.role().text())
        .put("secretDigest", key.secretDigest().toString())
        .put("created", key.createdMillis())
        .build();
  }

  private static Map<String, KeyRecord> read(Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException e) {
      throw unavailable("keys.json cannot be read").toException(e);
    }
    try {
      JsonFields document = JsonFields.of(StrictJson.parse(bytes), "");
      document.integer("version", 1, 1);
      Map<String, KeyRecord> keys = new TreeMap<>();
      for (JsonValue item : document.required("keys", document.array("keys"))) {
        KeyRecord key = key(JsonFields.of(item, "/keys"));
        keys.put(key.id(), key);
      }
      document.end();
      return keys;
    } catch (JsonSyntaxException | IllegalArgumentException e) {
      throw unavailable("keys.json is damaged").toException(e);
    }
  }

  private static KeyRecord key(JsonFields fields) {
    var key =
        new KeyRecord(
            fields.required("id", fields.string("id")),
            fields.string("tenant").orElse(KeyRecord.TENANT),
            fields.required("name", fields.string("name")),
            fields.required("role", fields.string("role").flatMap(Role::of)),
            Digest.parse(fields.required("secretDigest", fields.string("secretDigest"))),
            fields.required("created", fields.integer("created", 0, JsonValue.Int.MAX)));
    fields.end();
    return key;
  }

  private static void release(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw unavailable("their lock file cannot be closed").toException(e);
    }
  }

  @Override
  public void close() {
    release(lock);
  }
}
