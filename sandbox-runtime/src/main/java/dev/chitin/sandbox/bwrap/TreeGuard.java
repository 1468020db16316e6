package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Mount;
import dev.chitin.policy.ProtectedPaths;
import dev.chitin.sandbox.bwrap.ProtectedNames.Node;
import dev.chitin.sandbox.nativeos.Directories;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts the protected names inside one mounted directory out of a tool's reach ({@link
 * ProtectedNames}): what exists is mounted read-only on itself, what is absent is covered, what may
 * not be read is replaced by something empty, and every ancestor is pinned as a mount of its own,
 * or renaming it would carry the protection away.
 *
 * <p>At the top of a writable mount every name is held; below it, down to {@value #DEPTH} levels,
 * what exists, in any case of its letters. The search stops at {@value #ENTRIES} entries and says
 * so. A directory in which other spellings lead past a mount is refused ({@link LetterCase}).
 */
final class TreeGuard {
  private static final int DEPTH = 3;
  private static final int ENTRIES = 4096;
  private static final Node COVERED_AS_FILE = new Node("", false, new TreeMap<>());
  private static final int NO_LINKS =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private final Mount mount;
  private final List<String> hidden;
  private final Fd root;
  private final OptionList options;
  private final Covers covers;
  private final Path emptyFile;
  private final Path emptyDirectory;
  private final HeldPlaces held;
  private final ProtectedNames names;
  private final Map<String, LetterCase> letters = new HashMap<>();
  private final Set<String> opened = new HashSet<>();
  private final Set<String> bound = new HashSet<>();
  private final Set<String> pinned = new HashSet<>();
  private int entries;
  private boolean cut;

  TreeGuard(
      Mount mount,
      List<String> hidden,
      Fd root,
      OptionList options,
      Covers covers,
      SandboxFiles files,
      ProtectedNames names,
      HeldPlaces held) {
    this.mount = mount;
    this.hidden = hidden;
    this.root = root;
    this.options = options;
    this.covers = covers;
    this.emptyFile = files.emptyFile();
    this.emptyDirectory = files.emptyDirectory();
    this.names = names;
    this.held = held;
  }

  /** One directory on the way down. */
  private record Place(Fd fd, String identity, String relative) {
    String path(String name) {
      return relative.isEmpty() ? name : relative + "/" + name;
    }
  }

  /**
   * Adds the options.
   *
   * @return what could not be looked at, empty when all was
   */
  Optional<String> protect() throws IOException {
    var top = new Place(root, mount.identity(), "");
    for (String path : hidden) {
      if (path.startsWith(mount.source() + "/")) {
        hide(top, List.of(path.substring(mount.source().length() + 1).split("/", -1)), true);
      }
    }
    if (mount.writable()) {
      for (Map.Entry<String, Node> name : names.top().entrySet()) {
        hold(top, name.getKey(), name.getValue(), true);
      }
    }
    search(top, 0);
    if (cut) {
      maskKnown(top);
    }
    return cut
        ? Optional.of("denies: nested search stopped at " + ENTRIES + " entries")
        : Optional.empty();
  }

  /** What has a fixed name is found at the top however many entries hide it. */
  private void maskKnown(Place top) throws IOException {
    for (String path : ProtectedPaths.DENIED_NAMES) {
      if (!path.endsWith("*")) {
        hide(top, List.of(path.split("/", -1)), false);
      }
    }
  }

  /**
   * Puts something empty over a place that the plan hides. What is absent is held in a writable
   * mount, at the first name that is not there; a link leads only to what is mounted, and where it
   * leads is hidden by its own path.
   */
  private void hide(Place top, List<String> path, boolean fill) throws IOException {
    Place place = top;
    for (int i = 0; i < path.size(); i++) {
      Optional<FileStat> found = look(place, path.get(i));
      if (found.isEmpty()) {
        if (fill && mount.writable()) {
          hold(place, path.get(i), COVERED_AS_FILE, true);
        }
        return;
      }
      if (i == path.size() - 1) {
        mask(place, path.get(i));
        return;
      }
      if (!found.get().isDirectory()) {
        return;
      }
      place = descend(place, path.get(i));
    }
  }

  private static Optional<FileStat> look(Place place, String name) throws ErrnoException {
    try {
      return Optional.of(Statx.lstatat(place.fd(), name));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void search(Place place, int depth) throws IOException {
    for (Directories.Entry entry : list(place)) {
      visit(place, entry, depth);
    }
  }

  private List<Directories.Entry> list(Place place) throws IOException {
    List<Directories.Entry> listed = new ArrayList<>();
    if (entries >= ENTRIES) {
      cut = true;
      return listed;
    }
    try (Fd readable =
        Open.openat2(place.fd().number(), ".", Open.O_RDONLY | Open.O_DIRECTORY, 0, NO_LINKS)) {
      cut |= !Directories.list(readable, ENTRIES - entries, listed::add);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      // The tool has this user's rights and cannot read it either.
    }
    entries += listed.size();
    return listed;
  }

  private void visit(Place place, Directories.Entry entry, int depth) throws IOException {
    String name = entry.name();
    String path = place.path(name);
    if (ProtectedNames.isUnreadable(path)) {
      mask(place, name);
      return;
    }
    if (bound.contains(path)) {
      return;
    }
    if (mount.writable() && !opened.contains(path)) {
      Optional<Node> node = names.find(name);
      if (node.isPresent()) {
        hold(place, name, node.get(), false);
      }
    }
    if (!bound.contains(path)
        && !ProtectedNames.isRepository(name)
        && depth < DEPTH
        && isDirectory(place, entry)) {
      search(descend(place, name), depth + 1);
    }
  }

  private static boolean isDirectory(Place place, Directories.Entry entry) throws ErrnoException {
    return switch (entry.type()) {
      case DIRECTORY -> true;
      case UNKNOWN -> Statx.lstatat(place.fd(), entry.name()).isDirectory();
      case REGULAR, SYMLINK, OTHER -> false;
    };
  }

  /**
   * Mounts a protected name read-only on itself; where it is absent, on a cover if {@code fill} is
   * set. Of a parent of protected names those are held, once it is a directory.
   */
  private void hold(Place place, String name, Node node, boolean fill) throws IOException {
    Optional<Covers.Claim> claim =
        covers.claim(
            place.fd(),
            place.identity(),
            name,
            hostPath(place, name),
            fill,
            !node.coverIsDirectory());
    claim.flatMap(Covers.Claim::share).ifPresent(held::add);
    if (claim.isEmpty() || bound.contains(place.path(name))) {
      return;
    }
    FileStat stat = claim.get().stat();
    refuseLink(stat, place, name);
    requireOneSpelling(place, name);
    boolean covered = claim.get().share().isPresent();
    if (node.isParent() && stat.isDirectory() && !covered) {
      holdChildren(place, name, node);
      return;
    }
    bound.add(place.path(name));
    pin(place);
    // A cover is only a place to mount on; without a descriptor of its own for each, bwrap needs
    // few, and it already runs under the tool's limit of them.
    if (covered || ProtectedNames.isUnreadable(place.path(name))) {
      maskAs(stat, place, name);
    } else {
      options.bind(open(place, name), target(place, name), false);
    }
  }

  private void holdChildren(Place place, String name, Node parent) throws IOException {
    if (!opened.add(place.path(name))) {
      return;
    }
    // Another spelling of the parent is no place that a program looks into, unless they are one.
    boolean fill = parent.spelled(name) || letters.get(place.identity()) == LetterCase.FOLDS;
    Place inside = descend(place, name);
    for (Map.Entry<String, Node> child : parent.children().entrySet()) {
      hold(inside, child.getKey(), child.getValue(), fill);
    }
    for (Directories.Entry entry : list(inside)) {
      Optional<Node> child = parent.find(entry.name());
      String path = inside.path(entry.name());
      if (child.isPresent() && !bound.contains(path) && !opened.contains(path)) {
        hold(inside, entry.name(), child.get(), false);
      }
    }
  }

  private void requireOneSpelling(Place place, String name) throws IOException {
    LetterCase letterCase = letters.get(place.identity());
    if (letterCase == null) {
      letterCase = LetterCase.of(place.fd(), name);
      letters.put(place.identity(), letterCase);
    }
    if (letterCase == LetterCase.LEADS_PAST) {
      throw Unavailable.because(
          "The mounted directory takes "
              + place.path(name)
              + " by any case of its letters, and only one of them can be protected.",
          "Move the directory to a file system of this machine that tells case apart.");
    }
  }

  /**
   * Puts something empty over a name that may not be read. A link leads only to what is mounted.
   */
  private void mask(Place place, String name) throws IOException {
    FileStat stat = Statx.lstatat(place.fd(), name);
    if (!stat.isSymlink() && bound.add(place.path(name))) {
      requireOneSpelling(place, name);
      if (mount.writable()) {
        pin(place);
      }
      maskAs(stat, place, name);
    }
  }

  private void maskAs(FileStat stat, Place place, String name) {
    options.add(
        "--ro-bind",
        (stat.isDirectory() ? emptyDirectory : emptyFile).toString(),
        target(place, name));
  }

  /**
   * Makes every directory down to {@code place} a mount point, top down; those cannot be renamed.
   */
  private void pin(Place place) throws IOException {
    String path = place.relative();
    for (int end = path.indexOf('/'); !path.isEmpty(); end = path.indexOf('/', end + 1)) {
      String part = end < 0 ? path : path.substring(0, end);
      if (pinned.add(part)) {
        Fd source = Open.openat2(root.number(), part, Open.O_PATH, 0, NO_LINKS);
        options.bind(source, mount.target() + "/" + part, true);
      }
      if (end < 0) {
        return;
      }
    }
  }

  private Place descend(Place place, String name) throws IOException {
    Fd fd =
        held.keep(
            Open.openat2(place.fd().number(), name, Open.O_PATH | Open.O_DIRECTORY, 0, NO_LINKS));
    return new Place(fd, Statx.fstat(fd).identity(), place.path(name));
  }

  private static Fd open(Place place, String name) throws IOException {
    return Open.openat2(place.fd().number(), name, Open.O_PATH, 0, NO_LINKS);
  }

  /** A link cannot be mounted over, and left alone a tool could replace it. */
  private static void refuseLink(FileStat stat, Place place, String name) {
    if (stat.isSymlink()) {
      throw Unavailable.because(
          "The writable mount holds a symbolic link at the protected name "
              + place.path(name)
              + ", which cannot be protected.",
          "Replace the link by a file or directory, or mount read-only.");
    }
  }

  private String hostPath(Place place, String name) {
    return mount.source() + "/" + place.path(name);
  }

  private String target(Place place, String name) {
    return mount.target() + "/" + place.path(name);
  }
}
