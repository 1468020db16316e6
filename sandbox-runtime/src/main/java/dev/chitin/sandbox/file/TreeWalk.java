package dev.chitin.sandbox.file;

import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.Directories;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Statx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/**
 * Walks a directory tree breadth first and in order of names, within bounds of depth and entries.
 * What may not be read is passed over as if it were not there; links are seen and not followed.
 */
final class TreeWalk {
  /** Most entries that are looked at in one walk. */
  static final int MOST_ENTRIES = 10_000;

  private final RootedFiles files;
  private final FileTarget target;
  private final Predicate<String> readable;
  private final Progress progress;
  private int seen;
  private boolean truncated;

  TreeWalk(RootedFiles files, FileTarget target, Predicate<String> readable, Progress progress) {
    this.files = files;
    this.target = target;
    this.readable = readable;
    this.progress = progress;
  }

  /** Takes what is found; answers whether more is wanted. */
  @FunctionalInterface
  interface Visitor {
    /**
     * One entry.
     *
     * @param path from where the walk began
     * @param fromRoot from the root of the plan, to be opened by
     */
    boolean visit(String path, String fromRoot, FileStat stat) throws OperationFailed;
  }

  private record Place(String path, String fromRoot, int depth) {}

  void run(int depth, Visitor visitor) throws OperationFailed {
    Deque<Place> ahead = new ArrayDeque<>();
    ahead.add(new Place("", files.relative(), 1));
    while (!ahead.isEmpty() && !truncated) {
      Place place = ahead.remove();
      try (Fd directory = files.openDirectory(place.fromRoot())) {
        for (String name : names(directory)) {
          progress.check();
          String path = place.path().isEmpty() ? name : place.path() + "/" + name;
          if (!readable.test(absolute(path))) {
            continue;
          }
          FileStat stat = Statx.lstatat(directory, name);
          String fromRoot = place.fromRoot().equals(".") ? name : place.fromRoot() + "/" + name;
          if (!visitor.visit(path, fromRoot, stat)) {
            truncated = true;
            return;
          }
          if (stat.isDirectory() && place.depth() < depth) {
            ahead.add(new Place(path, fromRoot, place.depth() + 1));
          }
        }
      } catch (ErrnoException | OperationFailed e) {
        skipUnlessFirst(place, e);
      }
    }
  }

  /** Below the start, a directory that went away or cannot be read is passed over. */
  private void skipUnlessFirst(Place place, Exception failure) throws OperationFailed {
    OperationFailed failed =
        switch (failure) {
          case ErrnoException errno -> RootedFiles.failed(errno);
          case OperationFailed operation -> operation;
          default -> throw new IllegalStateException(failure);
        };
    if (place.depth() == 1 || !failed.status().equals("exit 1")) {
      throw failed;
    }
  }

  private List<String> names(Fd directory) throws ErrnoException {
    var names = new ArrayList<String>();
    if (!Directories.list(directory, MOST_ENTRIES - seen, entry -> names.add(entry.name()))) {
      truncated = true;
    }
    seen += names.size();
    names.sort(Comparator.naturalOrder());
    return names;
  }

  private String absolute(String path) {
    return (target.resolved().equals("/") ? "" : target.resolved()) + "/" + path;
  }

  boolean truncated() {
    return truncated;
  }
}
