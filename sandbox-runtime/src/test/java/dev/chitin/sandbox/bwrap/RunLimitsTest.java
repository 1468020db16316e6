package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static dev.chitin.sandbox.bwrap.RealSandbox.mount;
import static dev.chitin.sandbox.bwrap.RealSandbox.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.nativeos.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The limits on CPU and disk, each struck by a real tool. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RunLimitsTest {
  private static final String INSIDE = "[ -r /.chitin-sandbox ] || exit 9; ";

  /** Some tenths of a second of CPU time in a process of its own. */
  private static final String BURN = "(i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done); ";

  private RealSandbox sandbox;
  private Path work = Path.of("/");

  @BeforeAll
  void start(@TempDir Path directory) {
    sandbox = new RealSandbox(directory.resolve("run"));
  }

  @BeforeEach
  void freshWork(@TempDir Path directory) throws IOException {
    work = Files.createDirectory(directory.resolve("work")).toRealPath();
  }

  @AfterAll
  void stop() {
    sandbox.close();
  }

  private Outcome inWork(String script, Member member, long value) {
    return sandbox.shell(INSIDE + script, LIMITS.with(member, value), mount(work, "/w", true));
  }

  private static void assertStruck(Outcome outcome, String note) {
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("disk_limit");
    assertThat(outcome.exitCode()).isNull();
    assertThat(outcome.notes()).anySatisfy(each -> assertThat(each).isEqualTo(note));
  }

  // ---- CPU ----

  @Test
  void theRateOfTheWholeTreeIsHeldAndTold() {
    // Two spinning processes would use 3 s of CPU time; a fifth of a processor gives them 0.3 s.
    Outcome outcome =
        sandbox.shell(
            INSIDE + "while :; do :; done & while :; do :; done",
            LIMITS
                .with(Member.CPU_PERCENT, 20)
                .with(Member.CPU_MS, 600)
                .with(Member.WALL_MS, 1_500));
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("deadline");
    assertThat(outcome.notes())
        .anySatisfy(note -> assertThat(note).matches("cpu: throttled [1-9]\\d* times at 20 %"));
  }

  @Test
  void aRunWithinItsRateIsNotTold() {
    Outcome outcome = sandbox.shell("sleep 0.2");
    assertThat(outcome.notes()).isEmpty();
  }

  @Test
  void theCpuTimeOfAllChildrenTogetherIsLimited() {
    // No process comes near the second that each of them may use.
    Outcome outcome = sandbox.shell(INSIDE + "while :; do " + BURN + "done", cpu(700));
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("cpu_limit");
    assertThat(outcome.notes()).contains("cpu_limit: all of 700 ms of CPU time was used");
  }

  @Test
  void cpuTimeThatWasUsedUpBeforeAnybodyLookedIsToldAtTheEnd() {
    Outcome outcome = sandbox.shell(INSIDE + BURN, cpu(10));
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("cpu_limit");
  }

  @Test
  void sleepingCostsNoCpuTime() {
    assertThat(sandbox.shell("sleep 1; exit 4", cpu(300)).status()).isEqualTo("exit 4");
  }

  @Test
  void eachProcessHasTheCpuTimeInWholeSecondsToo() {
    assertThat(text(sandbox.shell("ulimit -St; ulimit -Ht", cpu(1_200)).stdout()))
        .isEqualTo("2\n3\n");
  }

  private static Limits cpu(long millis) {
    return LIMITS.with(Member.CPU_MS, millis);
  }

  // ---- disk ----

  @Test
  void bytesAddedToAWritableMountAreLimited() {
    Outcome outcome =
        inWork(
            "i=0; while [ $i -lt 100 ]; do head -c 1048576 /dev/zero >/w/$i; i=$((i+1)); done;"
                + " sleep 60",
            Member.DISK_BYTES,
            4 << 20);
    assertStruck(outcome, "disk_limit: /w grew beyond 4194304 bytes");
  }

  @Test
  void filesAddedToAWritableMountAreLimited() {
    Outcome outcome =
        inWork(
            "i=0; while [ $i -lt 500 ]; do : >/w/$i; i=$((i+1)); done; sleep 60",
            Member.DISK_FILES,
            100);
    assertStruck(outcome, "disk_limit: /w grew beyond 100 files");
  }

  @Test
  void aBurstThatEndsBeforeAnybodyLookedIsToldAtTheEnd() {
    Outcome outcome =
        inWork("i=0; while [ $i -lt 50 ]; do : >/w/$i; i=$((i+1)); done", Member.DISK_FILES, 20);
    assertStruck(outcome, "disk_limit: /w grew beyond 20 files");
  }

  @Test
  void filesWhoseNamesAreNoTextCountToo() {
    Outcome outcome =
        inWork(
            "i=0; while [ $i -lt 50 ]; do : >\"$(printf '/w/\\377%d' $i)\"; i=$((i+1)); done",
            Member.DISK_FILES, 20);
    assertStruck(outcome, "disk_limit: /w grew beyond 20 files");
  }

  @Test
  void whatWasThereBeforeDoesNotCount() throws IOException {
    for (int i = 0; i < 300; i++) {
      Files.writeString(work.resolve("old" + i), "x".repeat(5_000));
    }
    Outcome outcome = inWork(": >/w/new", Member.DISK_FILES, 20);
    assertThat(outcome.status()).isEqualTo("exit 0");
    assertThat(outcome.notes()).isEmpty();
  }

  @Test
  void aSparseFileCountsByWhatItHolds() {
    Outcome outcome = inWork("truncate -s 8000000 /w/a /w/b", Member.DISK_BYTES, 1 << 20);
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("exit 0");
  }

  @Test
  void linksAreNotFollowed() throws IOException {
    Path outside = Files.createDirectory(work.resolveSibling("outside"));
    for (int i = 0; i < 50; i++) {
      Files.writeString(outside.resolve("f" + i), "x");
    }
    Outcome outcome = inWork("ln -s " + outside + " /w/l; ln -s / /w/root", Member.DISK_FILES, 10);
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("exit 0");
  }

  @Test
  void aFileOfManyNamesCountsOnce() {
    Outcome outcome =
        inWork(
            "head -c 600000 /dev/zero >/w/a; for n in b c d e; do ln /w/a /w/$n; done",
            Member.DISK_BYTES,
            1 << 20);
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("exit 0");
  }

  @Test
  void aFileThatWasDeletedAndIsHeldOpenCounts() {
    Outcome outcome =
        inWork(
            "exec 3>/w/x; rm /w/x; head -c 6000000 /dev/zero >&3; sleep 60",
            Member.DISK_BYTES,
            4 << 20);
    assertStruck(outcome, "disk_limit: /w grew beyond 4194304 bytes");
  }

  @Test
  void aDirectoryThatWasMadeUnlistableCountsAsTooMuch() {
    Outcome outcome =
        inWork("mkdir /w/d && cd /w/d && chmod 0 /w/d; sleep 60", Member.DISK_FILES, 100);
    assertStruck(outcome, "disk_limit: /w holds what cannot be listed and so not be counted");
    assertThat(work.resolve("d").toFile().setReadable(true)).isTrue();
    assertThat(work.resolve("d").toFile().setExecutable(true)).isTrue();
  }

  @Test
  void aProcessThatHidesItsOpenFilesCountsAsTooMuch() {
    // prctl(PR_SET_DUMPABLE, 0)
    int prctl = Architecture.here().orElseThrow() == Architecture.X86_64 ? 157 : 167;
    Outcome outcome =
        inWork(
            "exec perl -e 'syscall(" + prctl + ", 4, 0, 0, 0, 0); sleep 60'",
            Member.DISK_FILES,
            100);
    assertStruck(outcome, "disk_limit: /w holds what cannot be listed and so not be counted");
  }

  @Test
  void childrenThatEndedAndAreNotWaitedForHideNothing() {
    Outcome outcome =
        inWork(
            "exec perl -e 'for (1..20) { fork || exit } select(undef, undef, undef, 0.4)'",
            Member.DISK_FILES,
            100);
    assertThat(outcome.status()).as(outcome.toString()).isEqualTo("exit 0");
    assertThat(outcome.notes()).isEmpty();
  }

  @Test
  void nestingThatIsTooDeepToBeWalkedCountsAsTooMuch() {
    Outcome outcome =
        inWork(
            "cd /w; i=0; while [ $i -lt 120 ]; do mkdir d; cd d; i=$((i+1)); done",
            Member.DISK_FILES,
            1_000);
    assertStruck(outcome, "disk_limit: /w holds what cannot be listed and so not be counted");
  }

  @Test
  void twoMountsAreCountedTogetherAndTheLargerIsNamed() throws IOException {
    Path other = Files.createDirectory(work.resolveSibling("other")).toRealPath();
    Outcome outcome =
        sandbox.shell(
            INSIDE + "i=0; while [ $i -lt 40 ]; do : >/w/$i; : >/o/$i; : >/o/x$i; i=$((i+1)); done",
            LIMITS.with(Member.DISK_FILES, 100),
            mount(work, "/w", true),
            mount(other, "/o", true));
    assertStruck(outcome, "disk_limit: /o grew beyond 100 files");
  }

  @Test
  void oneFileBeyondItsSizeIsNamed() {
    Outcome outcome =
        inWork("exec head -c 20000000 /dev/zero >/w/big", Member.DISK_BYTES, 64 << 20);
    assertThat(outcome.status()).isEqualTo("signal 25");
    assertThat(outcome.notes())
        .contains("file_limit: a file would have grown beyond 8388608 bytes");
  }
}
