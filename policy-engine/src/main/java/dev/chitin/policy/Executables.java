package dev.chitin.policy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds commands through a fixed search path and tells the digest of their content.
 *
 * <p>Reads files, so it is not for event loops. Digests are remembered by path, device, inode, size
 * and both times, at most {@value #MAX_REMEMBERED}; the longest unused is forgotten first. Safe for
 * use from any thread.
 */
public final class Executables {
  /** Most digests remembered. */
  public static final int MAX_REMEMBERED = 1_024;

  /** Largest file that is taken for a command, in bytes. */
  public static final long MAX_BYTES = 1L << 30;

  private record Identity(
      String path,
      @Nullable Object device,
      @Nullable Object inode,
      @Nullable Object size,
      @Nullable Object modified,
      @Nullable Object changed) {}

  private final List<String> searchPath;
  private final Map<Identity, Digest> remembered =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Identity, Digest> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  /** Looks bare names up in {@code searchPath}, absolute directories, in order. */
  public Executables(List<String> searchPath) {
    this.searchPath = List.copyOf(searchPath);
  }

  /**
   * The file that {@code command} names now.
   *
   * @param command a bare name or an absolute path
   * @throws dev.chitin.bus.ChitinException.Denied {@code policy.command_denied} when there is none
   */
  public Executable resolve(String command) {
    Path file = locate(command);
    try {
      Path real = file.toRealPath();
      return new Executable(command, real.toString(), digest(real));
    } catch (IOException e) {
      throw notFound("The command cannot be read.");
    }
  }

  /** The file that {@code command} names now, when there is one that can be read. */
  public Optional<Executable> find(String command) {
    try {
      return Optional.of(resolve(command));
    } catch (ChitinException.Denied absent) {
      return Optional.empty();
    }
  }

  /** The real path of {@code command} without reading its content. */
  Optional<String> locateReal(String command) {
    try {
      return Optional.of(locate(command).toRealPath().toString());
    } catch (IOException | ChitinException.Denied absent) {
      return Optional.empty();
    }
  }

  private Path locate(String command) {
    if (command.isEmpty()
        || command.length() > RequestPath.MAX_BYTES
        || command.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
      throw notFound("The command is empty or holds a control character.");
    }
    try {
      if (command.startsWith("/")) {
        return executable(Path.of(command));
      }
      if (command.indexOf('/') < 0) {
        for (String directory : searchPath) {
          Path candidate = Path.of(directory, command);
          if (isExecutable(candidate)) {
            return candidate;
          }
        }
      }
    } catch (InvalidPathException e) {
      throw notFound("The command is not a file name.");
    }
    throw notFound("There is no such command.");
  }

  private static Path executable(Path file) {
    if (isExecutable(file)) {
      return file;
    }
    throw notFound("There is no such command.");
  }

  private static boolean isExecutable(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  private Digest digest(Path real) throws IOException {
    Identity before = identity(real);
    synchronized (remembered) {
      Digest known = remembered.get(before);
      if (known != null) {
        return known;
      }
    }
    Digest digest = read(real);
    if (!identity(real).equals(before)) {
      throw notFound("The command's file changed while it was read.");
    }
    synchronized (remembered) {
      remembered.put(before, digest);
    }
    return digest;
  }

  private static Identity identity(Path real) throws IOException {
    Map<String, Object> stat =
        Files.readAttributes(
            real, "unix:dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    return new Identity(
        real.toString(),
        stat.get("dev"),
        stat.get("ino"),
        stat.get("size"),
        stat.get("lastModifiedTime"),
        stat.get("ctime"));
  }

  private static Digest read(Path real) throws IOException {
    try (FileChannel channel =
        FileChannel.open(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.size() > MAX_BYTES) {
        throw notFound("The command's file is larger than a command may be.");
      }
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      while (channel.read(buffer.clear()) >= 0) {
        sha.update(buffer.flip());
      }
      return Digest.ofBytes(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static RuntimeException notFound(String detail) {
    return Problem.of(ProblemCode.POLICY_COMMAND_DENIED, detail)
        .withRule("command.not_found")
        .withHint("Name a program on the configured search path, or its absolute path.")
        .toException();
  }
}
