package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Mount;
import dev.chitin.sandbox.nativeos.Directories;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Kernel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Puts the protected names inside one mounted directory out of a tool's reach ({@link
 * ProtectedNames}): what exists is mounted read-only on itself, what is absent is covered, what may
 * not be read is replaced by something empty, and every ancestor is pinned as a mount of its own,
 * or renaming it would carry the protection away.
 *
 * <p>At the top of a writable mount every name is held; below it, down to {@value #DEPTH} levels,
 * what exists. The search stops at {@value #ENTRIES} entries and says so.
 */
final class TreeGuard {
  private static final int DEPTH = 3;
  private static final int ENTRIES = 4096;
  private static final int NO_LINKS =
      Kernel.RESOLVE_BENEATH | Kernel.RESOLVE_NO_SYMLINKS | Kernel.RESOLVE_NO_MAGICLINKS;

  private final Mount mount;
  private final List<String> hidden;
  private final Fd root;
  private final OptionList options;
  private final Covers covers;
  private final Path emptyFile;
  private final Path emptyDirectory;
  private final HeldPlaces held;
  private final Set<String> bound = new HashSet<>();
  private final Set<String> pinned = new HashSet<>();
  private int entries;

  TreeGuard(
      Mount mount,
      List<String> hidden,
      Fd root,
      OptionList options,
      Covers covers,
      SandboxFiles files,
      HeldPlaces held) {
    this.mount = mount;
    this.hidden = hidden;
    this.root = root;
    this.options = options;
    this.covers = covers;
    this.emptyFile = files.emptyFile();
    this.emptyDirectory = files.emptyDirectory();
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
        hide(top, List.of(path.substring(mount.source().length() + 1).split("/", -1)));
      }
    }
    if (mount.writable()) {
      for (String name : ProtectedNames.covered()) {
        hold(top, name, true, ProtectedNames.FILES.contains(name));
      }
      for (ProtectedNames.Parent parent : ProtectedNames.PARENTS) {
        holdChildren(top, parent, true);
      }
    }
    search(top, 0);
    return entries > ENTRIES
        ? Optional.of("denies: nested search stopped at " + ENTRIES + " entries")
        : Optional.empty();
  }

  /**
   * Puts something empty over a place that the plan hides. What is absent is held in a writable
   * mount, at the first name that is not there; a link leads only to what is mounted, and where it
   * leads is hidden by its own path.
   */
  private void hide(Place top, List<String> names) throws IOException {
    Place place = top;
    for (int i = 0; i < names.size(); i++) {
      Optional<FileStat> found = look(place, names.get(i));
      if (found.isEmpty()) {
        if (mount.writable()) {
          hold(place, names.get(i), true, true);
        }
        return;
      }
      if (i == names.size() - 1) {
        mask(place, names.get(i));
        return;
      }
      if (!found.get().isDirectory()) {
        return;
      }
      place = descend(place, names.get(i));
    }
  }

  private static Optional<FileStat> look(Place place, String name) throws ErrnoException {
    try {
      return Optional.of(Kernel.lstatat(place.fd(), name));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void search(Place place, int depth) throws IOException {
    List<String> names = new ArrayList<>();
    try (Fd readable =
        Kernel.openat2(
            place.fd().number(), ".", Kernel.O_RDONLY | Kernel.O_DIRECTORY, 0, NO_LINKS)) {
      Directories.list(readable, ENTRIES - entries + 1, entry -> names.add(entry.name()));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EACCES) {
        return; // The tool has this user's rights and cannot read it either.
      }
      throw e;
    }
    entries += names.size();
    if (entries > ENTRIES) {
      return;
    }
    for (String name : names) {
      visit(place, name, depth);
    }
  }

  private void visit(Place place, String name, int depth) throws IOException {
    if (ProtectedNames.isUnreadable(name)
        || ProtectedNames.UNREADABLE_PAIRS.contains(lastTwo(place.path(name)))) {
      mask(place, name);
      return;
    }
    if (bound.contains(place.path(name))) {
      return;
    }
    for (ProtectedNames.Parent parent : ProtectedNames.PARENTS) {
      // At the top they are held already.
      if (mount.writable() && depth > 0 && parent.name().equals(name)) {
        holdChildren(place, parent, false);
      }
    }
    if (name.equals(".git")) {
      return; // Its objects are many, and no repository lies in them.
    }
    if (mount.writable() && ProtectedNames.isUnwritable(name)) {
      hold(place, name, false, true);
      return;
    }
    if (depth < DEPTH && Kernel.lstatat(place.fd(), name).isDirectory()) {
      search(descend(place, name), depth + 1);
    }
  }

  private static String lastTwo(String path) {
    int last = path.lastIndexOf('/');
    return last < 0 ? path : path.substring(path.lastIndexOf('/', last - 1) + 1);
  }

  /** Mounts a protected name read-only on itself; where it is absent, on a cover. */
  private void hold(Place place, String name, boolean fill, boolean asFile) throws IOException {
    Optional<Covers.Claim> claim =
        covers.claim(place.fd(), place.identity(), name, hostPath(place, name), fill, asFile);
    claim.flatMap(Covers.Claim::share).ifPresent(held::add);
    if (claim.isEmpty() || !bound.add(place.path(name))) {
      return;
    }
    refuseLink(claim.get().stat(), place, name);
    pin(place);
    if (ProtectedNames.isUnreadable(name) && claim.get().share().isEmpty()) {
      maskAs(claim.get().stat(), place, name);
    } else {
      options.bind(open(place, name), target(place, name), false);
    }
  }

  private void holdChildren(Place place, ProtectedNames.Parent parent, boolean fill)
      throws IOException {
    Optional<Covers.Claim> claim =
        covers.claim(
            place.fd(),
            place.identity(),
            parent.name(),
            hostPath(place, parent.name()),
            fill,
            parent.absentAsFile());
    claim.flatMap(Covers.Claim::share).ifPresent(held::add);
    if (claim.isEmpty() || bound.contains(place.path(parent.name()))) {
      return;
    }
    refuseLink(claim.get().stat(), place, parent.name());
    boolean real = claim.get().stat().isDirectory() && claim.get().share().isEmpty();
    if (!real) {
      bound.add(place.path(parent.name()));
      pin(place);
      options.bind(open(place, parent.name()), target(place, parent.name()), false);
      return;
    }
    Place inside = descend(place, parent.name());
    for (String file : parent.files()) {
      hold(inside, file, true, true);
    }
    for (String directory : parent.directories()) {
      hold(inside, directory, true, false);
    }
  }

  /**
   * Puts something empty over a name that may not be read. A link leads only to what is mounted.
   */
  private void mask(Place place, String name) throws IOException {
    FileStat stat = Kernel.lstatat(place.fd(), name);
    if (!stat.isSymlink() && bound.add(place.path(name))) {
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
        Fd source = Kernel.openat2(root.number(), part, Kernel.O_PATH, 0, NO_LINKS);
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
            Kernel.openat2(
                place.fd().number(), name, Kernel.O_PATH | Kernel.O_DIRECTORY, 0, NO_LINKS));
    return new Place(fd, Kernel.fstat(fd).identity(), place.path(name));
  }

  private static Fd open(Place place, String name) throws IOException {
    return Kernel.openat2(place.fd().number(), name, Kernel.O_PATH, 0, NO_LINKS);
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
