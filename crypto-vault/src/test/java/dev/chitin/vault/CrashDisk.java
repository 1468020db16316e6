package dev.chitin.vault;

import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.PosixDisk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A disk that remembers each step, and can show every state in which a crash after any of them may
 * leave it: names that were not synced with their directory are there or not, each on its own;
 * content that was not synced is missing, torn or whole. Stricter than file systems are.
 */
final class CrashDisk implements Disk {
  /** One step. */
  sealed interface Step {
    /** Names in one directory, which change together. */
    sealed interface Naming extends Step {
      Path parent();
    }

    /** To a file's number, to a directory, or to nothing. */
    record Names(Path parent, Map<Path, Integer> to) implements Naming {}

    /** A directory with all that is below it. */
    record Moved(Path parent, Path source, Path target) implements Naming {}

    @SuppressWarnings("ArrayRecordComponent") // carried, never compared
    record Content(int file, byte[] bytes) implements Step {}

    record FileSynced(int file) implements Step {}

    record DirectorySynced(Path directory) implements Step {}

    record Logged(VaultJournal.Mark mark) implements Step {}
  }

  private static final int DIRECTORY = -1;
  private static final int NOTHING = -2;

  private final Path root;
  private final PosixDisk real = new PosixDisk();
  private final Map<Path, byte[]> base = new TreeMap<>();
  private final List<Path> baseDirectories = new ArrayList<>();
  private final Map<Path, Integer> numbers = new HashMap<>();
  private int next;
  final List<Step> steps = new ArrayList<>();

  /** Begins with what is below {@code root}, all of it durable. */
  CrashDisk(Path root) throws IOException {
    this.root = root;
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.toList()) {
        if (Files.isDirectory(path)) {
          baseDirectories.add(path);
        } else {
          base.put(path, Files.readAllBytes(path));
          numbers.put(path, next++);
        }
      }
    }
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  private void names(Path parent, Map<Path, Integer> to) {
    steps.add(new Step.Names(parent, to));
  }

  @Override
  public void writeNew(Path file, byte[] content) throws IOException {
    real.writeNew(file, content);
    int number = next++;
    numbers.put(file, number);
    names(parent(file), Map.of(file, number));
    steps.add(new Step.Content(number, content));
    steps.add(new Step.FileSynced(number));
  }

  @Override
  public byte[] read(Path file, long max) throws IOException {
    return real.read(file, max);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    real.createDirectory(directory);
    names(parent(directory), Map.of(directory, DIRECTORY));
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    boolean directory = Files.isDirectory(source);
    real.rename(source, target);
    if (directory) {
      Map<Path, Integer> below = new HashMap<>(numbers);
      below.keySet().removeIf(path -> !path.startsWith(source));
      below.forEach((path, number) -> numbers.put(moved(path, source, target), number));
      numbers.keySet().removeAll(below.keySet());
      steps.add(new Step.Moved(parent(source), source, target));
      return;
    }
    int number = Objects.requireNonNull(numbers.remove(source));
    numbers.put(target, number);
    names(parent(source), Map.of(source, NOTHING, target, number));
  }

  private static Path moved(Path path, Path source, Path target) {
    return target.resolve(source.relativize(path).toString());
  }

  @Override
  public void writeNew(Path file, MemorySegment content) throws IOException {
    writeNew(file, content.toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void link(Path file, Path name) throws IOException {
    real.link(file, name);
    int number = Objects.requireNonNull(numbers.get(file));
    numbers.put(name, number);
    names(parent(name), Map.of(name, number));
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    real.syncDirectory(directory);
    steps.add(new Step.DirectorySynced(directory));
  }

  @Override
  public void delete(Path file) throws IOException {
    boolean there = Files.exists(file);
    real.delete(file);
    if (there) {
      numbers.remove(file);
      names(parent(file), Map.of(file, NOTHING));
    }
  }

  /** How many syncs there were. */
  long syncs() {
    return steps.stream()
        .filter(s -> s instanceof Step.FileSynced || s instanceof Step.DirectorySynced)
        .count();
  }

  /** What a crash may leave. */
  record Remains(
      String what,
      Map<Path, byte @Nullable []> files,
      Map<Path, Integer> numbers,
      List<VaultJournal.Mark> marks) {
    /** Writes it below {@code target} as it would lie below the original's root. */
    void lay(Path root, Path target) throws IOException {
      var file = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
      var dir = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
      Map<Integer, Path> laid = new HashMap<>();
      for (Map.Entry<Path, byte @Nullable []> entry : files.entrySet()) {
        Path path = target.resolve(root.relativize(entry.getKey()).toString());
        byte[] content = entry.getValue();
        if (content == null) {
          if (!Files.exists(path) && Files.isDirectory(parent(path))) {
            Files.createDirectory(path, dir);
          }
        } else if (Files.isDirectory(parent(path))) {
          Integer number = Objects.requireNonNull(numbers.get(entry.getKey()));
          Path same = laid.putIfAbsent(number, path);
          if (same == null) {
            Files.write(Files.createFile(path, file), content);
          } else {
            Files.createLink(path, same);
          }
        }
      }
    }
  }

  /** All that may be left by a crash after the first {@code count} steps. */
  List<Remains> after(int count) {
    Map<Path, Integer> durable = new TreeMap<>();
    Map<Integer, byte[]> content = new HashMap<>();
    Map<Integer, Boolean> synced = new HashMap<>();
    int number = 0;
    for (Map.Entry<Path, byte[]> file : base.entrySet()) {
      // Numbers of the base were given in the order of the walk; they are found by content here.
      durable.put(file.getKey(), 1_000_000 + number);
      content.put(1_000_000 + number, file.getValue());
      synced.put(1_000_000 + number, true);
      number++;
    }
    baseDirectories.forEach(directory -> durable.put(directory, DIRECTORY));
    List<Step.Naming> pending = new ArrayList<>();
    List<VaultJournal.Mark> marks = new ArrayList<>();
    for (Step step : steps.subList(0, count)) {
      switch (step) {
        case Step.Naming names -> pending.add(names);
        case Step.Content written -> content.put(written.file(), written.bytes());
        case Step.FileSynced file -> synced.put(file.file(), true);
        case Step.Logged logged -> marks.add(logged.mark());
        case Step.DirectorySynced directory -> {
          pending.stream()
              .filter(names -> names.parent().equals(directory.directory()))
              .forEach(names -> apply(names, durable));
          pending.removeIf(names -> names.parent().equals(directory.directory()));
        }
      }
    }
    return subsets(count, durable, pending, content, synced, marks);
  }

  private static void apply(Step.Naming naming, Map<Path, Integer> tree) {
    switch (naming) {
      case Step.Names names -> apply(names, tree);
      case Step.Moved moved -> {
        Map<Path, Integer> below = new TreeMap<>(tree);
        below.keySet().removeIf(path -> !path.startsWith(moved.source()));
        tree.keySet().removeAll(below.keySet());
        tree.put(moved.target(), DIRECTORY);
        below.forEach(
            (path, number) -> tree.put(moved(path, moved.source(), moved.target()), number));
      }
    }
  }

  private static void apply(Step.Names names, Map<Path, Integer> tree) {
    names
        .to()
        .forEach(
            (path, number) -> {
              if (number == NOTHING) {
                tree.remove(path);
              } else {
                tree.put(path, number);
              }
            });
  }

  private List<Remains> subsets(
      int count,
      Map<Path, Integer> durable,
      List<Step.Naming> pending,
      Map<Integer, byte[]> content,
      Map<Integer, Boolean> synced,
      List<VaultJournal.Mark> marks) {
    if (pending.size() > 10) {
      throw new IllegalStateException("too many names are pending: " + pending.size());
    }
    List<Remains> all = new ArrayList<>();
    for (int mask = 0; mask < 1 << pending.size(); mask++) {
      Map<Path, Integer> tree = new TreeMap<>(durable);
      for (int i = 0; i < pending.size(); i++) {
        if ((mask >> i & 1) != 0) {
          apply(pending.get(i), tree);
        }
      }
      boolean torn = tree.values().stream().anyMatch(n -> n >= 0 && !synced.getOrDefault(n, false));
      for (int share = 0; share <= (torn ? 2 : 0); share++) {
        Map<Path, byte @Nullable []> files = new LinkedHashMap<>();
        for (Map.Entry<Path, Integer> entry : tree.entrySet()) {
          int n = entry.getValue();
          if (n == DIRECTORY) {
            files.put(entry.getKey(), null);
            continue;
          }
          byte[] whole = content.getOrDefault(n, new byte[0]);
          boolean sure = synced.getOrDefault(n, false);
          files.put(entry.getKey(), sure ? whole : Arrays.copyOf(whole, whole.length * share / 2));
        }
        String what =
            "after step " + count + ", names " + Integer.toBinaryString(mask) + ", share " + share;
        all.add(new Remains(what, files, Map.copyOf(tree), List.copyOf(marks)));
      }
    }
    return all;
  }

  Path root() {
    return root;
  }
}
