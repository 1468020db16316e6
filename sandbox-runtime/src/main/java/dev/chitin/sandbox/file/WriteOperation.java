package dev.chitin.sandbox.file;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.DirectoryEntries;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * {@code fs_write{path, content, encoding?}}: a whole file, new or in place of a regular one, so
 * that a reader sees the old bytes or the new ones and never a part; durable when it answers. The
 * directory has to exist; the mode is 0600.
 */
final class WriteOperation implements FileOperation {
  private static final int CHUNK = 65_536;
  private static final int MODE = 0600;
  private static final int BENEATH =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private final SecureRandom random = new SecureRandom();

  @Override
  public JsonValue.Obj run(
      RootedFiles files, FileTarget target, JsonValue.Obj input, Progress progress)
      throws OperationFailed {
    var arguments = new Arguments(input);
    byte[] bytes = decode(arguments.text("content"), arguments.text("encoding", "utf-8"));
    String relative = files.relative();
    if (relative.equals(".")) {
      throw OperationFailed.because("It is the granted root itself, which cannot be replaced.");
    }
    int slash = relative.lastIndexOf('/');
    String parent = slash < 0 ? "." : relative.substring(0, slash);
    String name = relative.substring(slash + 1);
    try (Fd directory = files.openDirectory(parent)) {
      boolean created = replace(directory, name, bytes, progress);
      return JsonValue.object()
          .put("path", target.requested())
          .put("bytes", bytes.length)
          .put("created", created)
          .put("digest", Digest.of(bytes).toString())
          .build();
    } catch (ErrnoException e) {
      throw RootedFiles.failed(e);
    }
  }

  private static byte[] decode(String content, String encoding) throws OperationFailed {
    return switch (encoding) {
      case "utf-8" -> content.getBytes(StandardCharsets.UTF_8);
      case "base64" -> {
        try {
          yield Base64.getDecoder().decode(content);
        } catch (IllegalArgumentException e) {
          throw OperationFailed.because("The content is not base64.");
        }
      }
      default -> throw OperationFailed.because("The encoding is neither utf-8 nor base64.");
    };
  }

  private boolean replace(Fd directory, String name, byte[] bytes, Progress progress)
      throws ErrnoException, OperationFailed {
    Optional<FileStat> before = look(directory, name);
    byte[] mark = new byte[8];
    random.nextBytes(mark);
    String temporary = ".chitin-" + HexFormat.of().formatHex(mark) + ".tmp";
    boolean placed = false;
    try (Fd file =
        Open.openat2(
            directory.number(),
            temporary,
            Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL,
            MODE,
            BENEATH)) {
      try {
        for (int at = 0; at < bytes.length; at += CHUNK) {
          progress.check();
          int end = Math.min(bytes.length, at + CHUNK);
          Descriptors.pwriteAll(file, Arrays.copyOfRange(bytes, at, end), at);
        }
        Descriptors.fsync(file);
        progress.check();
        if (!before.map(FileStat::identity).equals(look(directory, name).map(FileStat::identity))) {
          throw OperationFailed.because("The file was replaced while it was written.");
        }
        DirectoryEntries.rename(
            directory, temporary, name, before.isPresent() ? 0 : DirectoryEntries.RENAME_NOREPLACE);
        placed = true;
        Descriptors.fsync(directory);
        return before.isEmpty();
      } finally {
        if (!placed) {
          DirectoryEntries.unlinkat(directory, temporary);
        }
      }
    }
  }

  /** What is there now: nothing, or one regular file with this one name. */
  private static Optional<FileStat> look(Fd directory, String name)
      throws ErrnoException, OperationFailed {
    FileStat stat;
    try {
      stat = Statx.lstatat(directory, name);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
    if (!stat.isRegular()) {
      throw OperationFailed.because("It is " + stat.kind() + ", not a regular file.");
    }
    if (stat.links() > 1) {
      throw OperationFailed.because("It has several names, so other places would change with it.");
    }
    return Optional.of(stat);
  }
}
