package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Directories;
import dev.chitin.sandbox.nativeos.DirectoryEntries;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories in which tools leave their declared outputs, one for each run that has some,
 * named by the gateway process and a number. Reads and removes on {@value #THREADS} threads of its
 * own, so that what a tool left holds up neither the poller nor the end of other runs; at most one
 * task for each run waits.
 */
final class OutputRoom implements AutoCloseable {
  /** Most files and directories that a tool may leave beside its outputs. */
  static final int MOST_ENTRIES = 16_384;

  private static final Logger LOG = LoggerFactory.getLogger(OutputRoom.class);
  private static final int THREADS = 2;
  private static final int MOST_LEFTOVERS = 100_000;
  private static final long CLOSE_SECONDS = 5;
  private static final int MODE = 0700;
  private static final int NO_LINKS =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private final Path path;
  private final Fd place;
  private final Instance instance;
  private final AtomicLong made = new AtomicLong();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().name("sandbox-outputs-", 0).daemon(true).factory());

  private OutputRoom(Path path, Fd place, Instance instance) {
    this.path = path;
    this.place = place;
    this.instance = instance;
  }

  /** Opens the room below {@code runDirectory} and removes what dead gateways left in it. */
  static OutputRoom open(Path runDirectory, Instance instance) throws IOException {
    Path path = Files.createDirectories(runDirectory.resolve("out")).toRealPath();
    Fd place =
        Open.openat2(
            Open.AT_FDCWD,
            path.toString(),
            Open.O_PATH | Open.O_DIRECTORY,
            0,
            Open.RESOLVE_NO_SYMLINKS);
    var room = new OutputRoom(path, place, instance);
    room.sweep();
    return room;
  }

  /** Where one run puts its outputs. */
  final class Place {
    private final String name;
    private final Fd directory;
    private boolean taken;

    private Place(String name, Fd directory) {
      this.name = name;
      this.directory = directory;
    }

    /** A descriptor for {@code --bind-fd}, the caller's to close. */
    Fd source() throws IOException {
      return Descriptors.duplicate(directory);
    }

    /** It as a mount, by which what the run puts there counts with its other writable mounts. */
    Mount mount() {
      return new Mount(path.resolve(name).toString(), DeclaredOutput.DIRECTORY, true, "");
    }

    /**
     * Reads what the run left and removes the rest, on another thread. The run's last process has
     * ended.
     *
     * @param then gets one answer for each declared output, on that thread
     */
    void collect(List<DeclaredOutput> outputs, Limits limits, Consumer<List<OutputFile>> then) {
      taken = true;
      threads.execute(
          () -> {
            List<OutputFile> files = refuse(outputs, "could not be read");
            try {
              files = take(outputs, limits);
            } finally {
              then.accept(files);
            }
          });
    }

    private List<OutputFile> take(List<DeclaredOutput> outputs, Limits limits) {
      List<OutputFile> files =
          outputs.stream().map(output -> OutputReader.read(directory, output)).toList();
      directory.close();
      var removal = new TreeRemoval(place, name);
      boolean gone = advance(removal, name);
      if (!gone && removal.entries() >= MOST_ENTRIES) {
        return refuse(outputs, "is not given: the run left " + MOST_ENTRIES + " files or more");
      }
      return removal.bytes() > limits.tmpBytes()
          ? refuse(outputs, "is not given: the run left more than tmp_bytes, " + limits.tmpBytes())
          : files;
    }

    /** Removes it unread, if it was not collected. */
    void discard() {
      if (!taken) {
        taken = true;
        directory.close();
        removeLater(new TreeRemoval(place, name), name);
      }
    }
  }

  private static List<OutputFile> refuse(List<DeclaredOutput> outputs, String reason) {
    return outputs.stream()
        .<OutputFile>map(output -> new OutputFile.Refused(output.name(), reason, true))
        .toList();
  }

  /** Makes the directory of one run, empty and this user's alone. */
  Place make() throws IOException {
    String name = instance.token() + "-" + made.incrementAndGet();
    DirectoryEntries.mkdirat(place, name, MODE);
    return new Place(
        name, Open.openat2(place.number(), name, Open.O_PATH | Open.O_DIRECTORY, 0, NO_LINKS));
  }

  /** One step at once; what is left after it goes on behind other work. */
  private boolean advance(TreeRemoval removal, String name) {
    try {
      boolean gone = removal.step(MOST_ENTRIES);
      if (!gone) {
        removeLater(removal, name);
      }
      return gone;
    } catch (IOException e) {
      LOG.warn("Outputs of a run could not be removed; the next start tries again: {}", name, e);
      return false;
    }
  }

  private void removeLater(TreeRemoval removal, String name) {
    try {
      threads.execute(() -> advance(removal, name));
    } catch (RejectedExecutionException e) {
      LOG.info(
          "The gateway stops before all outputs are removed; the next start goes on: {}", name);
    }
  }

  private void sweep() throws IOException {
    List<String> names = new ArrayList<>();
    try (Fd readable =
        Open.openat2(place.number(), ".", Open.O_RDONLY | Open.O_DIRECTORY, 0, NO_LINKS)) {
      Directories.list(readable, MOST_LEFTOVERS, entry -> names.add(entry.name()));
    }
    for (String name : names) {
      if (!Instance.alive(name.substring(0, Math.max(0, name.lastIndexOf('-'))))) {
        advance(new TreeRemoval(place, name), name);
      }
    }
  }

  /** Ends the threads; what they cannot remove in {@value #CLOSE_SECONDS} s is left. */
  @Override
  public void close() throws IOException {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        threads.shutdownNow();
        LOG.info("Outputs of runs are left; the next start removes them.");
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    place.close();
  }
}
