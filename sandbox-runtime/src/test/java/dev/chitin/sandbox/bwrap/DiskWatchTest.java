package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import dev.chitin.sandbox.nativeos.DiskUsage;
import dev.chitin.sandbox.nativeos.DiskUsageWalk;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The watch without a sandbox: nobody looks between its first and its last measurement. */
class DiskWatchTest {
  private static final Limits LIMITS = Limits.DEFAULT.with(Member.DISK_FILES, 20);

  private final ScheduledThreadPoolExecutor walkers = new ScheduledThreadPoolExecutor(1);
  private Path directory = Path.of("/");

  @BeforeEach
  void resolve(@TempDir Path work) throws IOException {
    directory = work.toRealPath();
  }

  @AfterEach
  void stop() {
    walkers.shutdown();
  }

  private void files(String prefix, int number) throws IOException {
    for (int i = 0; i < number; i++) {
      Files.createFile(directory.resolve(prefix + i));
    }
  }

  private WritableMount mount(Path source, String target) throws ErrnoException {
    Fd root = Open.openat2(Open.AT_FDCWD, source.toString(), Open.O_PATH, 0, 0);
    return new WritableMount(RealSandbox.mount(source, target, true), root);
  }

  private static void end(DiskWatch watch) throws Exception {
    var ended = new CompletableFuture<Boolean>();
    watch.end(() -> ended.complete(true));
    assertThat(ended.get(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whatWasAddedIsFoundByTheLastLookAlone() throws Exception {
    var watch = new DiskWatch(LIMITS, walkers, false);
    watch.prepare(List.of(mount(directory, "/w")));
    files("new", 21);
    end(watch);
    assertThat(watch.struck()).isTrue();
    assertThat(watch.notes()).containsExactly("disk_limit: /w grew beyond 20 files");
  }

  @Test
  void theLimitItselfMayBeReached() throws Exception {
    var watch = new DiskWatch(LIMITS, walkers, false);
    watch.prepare(List.of(mount(directory, "/w")));
    files("new", 20);
    end(watch);
    assertThat(watch.struck()).isFalse();
    assertThat(watch.notes()).isEmpty();
  }

  @Test
  void aMountThatIsTooLargeToBeLimitedIsRefused() throws Exception {
    files("old", 101);
    var watch = new DiskWatch(LIMITS, walkers, false, 100);
    watch.prepare(List.of(mount(directory, "/w")));
    assertThatThrownBy(() -> watch.begin(0, () -> {}))
        .isInstanceOf(ChitinException.Unavailable.class)
        .hasMessageContaining("more than 100 entries");
  }

  @Test
  void whereThatIsWaivedItIsNotLimitedAndSaysSo() throws Exception {
    files("old", 101);
    var watch = new DiskWatch(LIMITS, walkers, true, 100);
    watch.prepare(List.of(mount(directory, "/w")));
    files("new", 50);
    end(watch);
    assertThat(watch.struck()).isFalse();
    assertThat(watch.notes())
        .containsExactly(
            "disk: not limited in /w, which is too large to be measured (more than 100 entries)");
  }

  @Test
  void aMountThatGrowsBeyondTheBoundHasGrownBeyondItsLimitToo() throws Exception {
    files("old", 90);
    var watch = new DiskWatch(LIMITS, walkers, false, 111);
    watch.prepare(List.of(mount(directory, "/w")));
    files("new", 100);
    end(watch);
    assertThat(watch.notes()).containsExactly("disk_limit: /w grew beyond 20 files");
  }

  @Test
  void aBoundBelowTheLimitIsOnlyToldOf() throws Exception {
    files("old", 90);
    var watch = new DiskWatch(LIMITS, walkers, true, 100);
    watch.prepare(List.of(mount(directory, "/w")));
    files("new", 19);
    end(watch);
    assertThat(watch.struck()).isFalse();
    assertThat(watch.notes())
        .containsExactly("disk: a measurement of /w was not complete (more than 100 entries)");
  }

  @Test
  void aMountInsideOfAnotherCountsOnce() throws Exception {
    Path inner = Files.createDirectory(directory.resolve("inner"));
    var watch = new DiskWatch(LIMITS, walkers, false);
    watch.prepare(List.of(mount(inner, "/i"), mount(directory, "/w"), mount(directory, "/again")));
    for (int i = 0; i < 15; i++) {
      Files.createFile(inner.resolve("new" + i));
    }
    end(watch);
    assertThat(watch.struck()).isFalse();
  }

  @Test
  void aMountOfOneFileIsMeasured() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "x");
    var watch = new DiskWatch(LIMITS.with(Member.DISK_BYTES, 10_000), walkers, false);
    watch.prepare(List.of(mount(file, "/f")));
    Files.writeString(file, "x".repeat(50_000));
    end(watch);
    assertThat(watch.notes()).containsExactly("disk_limit: /f grew beyond 10000 bytes");
  }

  @Test
  void withoutWritableMountsThereIsNothingToWaitFor() {
    var watch = new DiskWatch(LIMITS, walkers, false);
    watch.prepare(List.of());
    var ended = new CompletableFuture<Thread>();
    watch.end(() -> ended.complete(Thread.currentThread()));
    assertThat(ended).isCompletedWithValue(Thread.currentThread());
    assertThat(walkers.getTaskCount()).isZero();
  }

  @Test
  void aWalkEndsAtItsTime() throws Exception {
    files("old", 300);
    try (Fd root = mount(directory, "/w").root()) {
      assertThat(DiskUsageWalk.measure(root, 10_000, -1).bound()).isEqualTo(DiskUsage.Bound.TIME);
      DiskUsage all = DiskUsageWalk.measure(root, 10_000, 10_000_000_000L);
      assertThat(all.bound()).isEqualTo(DiskUsage.Bound.NONE);
      assertThat(all.files()).isEqualTo(300);
    }
  }
}
