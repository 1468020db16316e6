package dev.chitin.sandbox.file;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.DirectoryEntries;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Resolves a path once, for the plan: follows symbolic links component by component, at most
 * {@value #MOST_LINKS} in all, and finds the root that the result lies in. It decides nothing: a
 * result outside of every root is a result. What is opened later is the resolved path, through no
 * link at all, so a link that is put there meanwhile makes the open fail.
 *
 * <p>Makes a few system calls for each component; not for event loops.
 */
public final class PathResolver {
  /** As many as the kernel itself follows. */
  public static final int MOST_LINKS = 40;

  private static final int MOST_COMPONENTS = 4096;

  /**
   * Resolves {@code requested}.
   *
   * @param requested absolute, without empty, {@code .} and {@code ..} components
   * @param roots absolute, resolved directories
   * @return where it leads; root and root identity are empty when it lies in none of {@code roots}
   * @throws dev.chitin.bus.ChitinException {@code request.arguments_invalid} when it cannot be
   *     resolved: too many links, a link whose target is no text, a name that is too long
   */
  public FileTarget resolve(String requested, List<String> roots) {
    try (var walk = new Walk(requested)) {
      walk.run();
      String resolved = walk.resolved();
      Optional<String> root =
          roots.stream()
              .filter(candidate -> contains(candidate, resolved))
              .max((a, b) -> Integer.compare(a.length(), b.length()));
      Optional<String> identity = root.flatMap(PathResolver::identity);
      return new FileTarget(
          requested,
          resolved,
          identity.isPresent() ? root.orElse("") : "",
          identity.orElse(""),
          walk.exists);
    } catch (ErrnoException e) {
      throw invalid(
          e.errno() == Errno.ENAMETOOLONG
              ? "A component of the path is too long."
              : "The path cannot be resolved (" + e.getMessage() + ").");
    }
  }

  /** {@code dev:inode} of a resolved path, through no link; empty when there is nothing. */
  public static Optional<String> identity(String resolved) {
    try (Fd fd = Open.openat2(Open.AT_FDCWD, resolved, Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS)) {
      return Optional.of(Statx.fstat(fd).identity());
    } catch (ErrnoException e) {
      return Optional.empty();
    }
  }

  /** Whether {@code path} is {@code root} or lies below it, on component borders. */
  static boolean contains(String root, String path) {
    return root.equals("/")
        || path.equals(root)
        || (path.startsWith(root) && path.charAt(root.length()) == '/');
  }

  private static RuntimeException invalid(String detail) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, detail)
        .withHint("Give the path that the link leads to.")
        .toException();
  }

  /** One resolution: where it stands, and what is still ahead. */
  private static final class Walk implements AutoCloseable {
    private final Deque<String> ahead = new ArrayDeque<>();
    private final List<String> names = new ArrayList<>();
    private final List<Fd> directories = new ArrayList<>();
    private boolean exists = true;
    private int links;

    Walk(String requested) throws ErrnoException {
      if (!requested.startsWith("/") || requested.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("not an absolute path");
      }
      push(requested);
      directories.add(Open.openat2(Open.AT_FDCWD, "/", Open.O_PATH | Open.O_DIRECTORY, 0, 0));
    }

    private void push(String path) {
      String[] components = path.split("/", -1);
      if (components.length + ahead.size() > MOST_COMPONENTS) {
        throw invalid("The path has too many components.");
      }
      for (int i = components.length - 1; i >= 0; i--) {
        if (!components[i].isEmpty() && !components[i].equals(".")) {
          ahead.push(components[i]);
        }
      }
    }

    void run() throws ErrnoException {
      while (exists && !ahead.isEmpty()) {
        step(ahead.pop());
      }
      if (ahead.contains("..")) {
        throw invalid("The path leads through a link that goes up from nowhere.");
      }
    }

    private void step(String name) throws ErrnoException {
      if (name.equals("..")) {
        up();
        return;
      }
      Optional<FileStat> stat = look(name);
      if (stat.isEmpty()) {
        exists = false;
        names.add(name);
        return;
      }
      if (stat.get().isSymlink()) {
        follow(name);
        return;
      }
      names.add(name);
      if (stat.get().isDirectory()) {
        directories.add(
            Open.openat2(
                directories.getLast().number(),
                name,
                Open.O_PATH | Open.O_DIRECTORY,
                0,
                Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS));
      } else if (!ahead.isEmpty()) {
        exists = false; // Below what is no directory there is nothing.
      }
    }

    private void up() {
      if (!names.isEmpty()) {
        names.removeLast();
        directories.removeLast().close();
      }
    }

    private Optional<FileStat> look(String name) throws ErrnoException {
      try {
        return Optional.of(Statx.lstatat(directories.getLast(), name));
      } catch (ErrnoException e) {
        if (e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES) {
          return Optional.empty();
        }
        throw e;
      }
    }

    private void follow(String name) throws ErrnoException {
      if (++links > MOST_LINKS) {
        throw invalid("The path leads through more than " + MOST_LINKS + " symbolic links.");
      }
      String target;
      try {
        target =
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(DirectoryEntries.readlinkat(directories.getLast(), name)))
                .toString();
      } catch (CharacterCodingException e) {
        throw invalid("The path leads through a symbolic link whose target is not UTF-8.");
      }
      if (target.startsWith("/")) {
        while (!names.isEmpty()) {
          up();
        }
      }
      push(target);
    }

    String resolved() {
      var all = new ArrayList<>(names);
      all.addAll(ahead);
      return "/" + String.join("/", all);
    }

    @Override
    public void close() {
      directories.forEach(Fd::close);
    }
  }
}
