package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static dev.chitin.sandbox.bwrap.RealSandbox.SHELL;
import static dev.chitin.sandbox.bwrap.RealSandbox.await;
import static dev.chitin.sandbox.bwrap.RealSandbox.mount;
import static dev.chitin.sandbox.bwrap.RealSandbox.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.backend.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sandboxes that stand ready: one call, one tenant, and nothing that tells them from others. */
class WarmPoolTest {
  @TempDir private Path shared;
  private Path directory = Path.of("/");
  private RealSandbox sandbox;

  @BeforeEach
  void start() throws IOException {
    directory = shared.toRealPath();
    sandbox =
        new RealSandbox(directory.resolve("run"), RunBounds.DEFAULT, new WarmBounds(2, 4, 60_000));
  }

  @AfterEach
  void stop() {
    sandbox.close();
  }

  private long hits() {
    return sandbox.backend.metrics().warmHits();
  }

  private int ready() {
    return sandbox.backend.metrics().ready();
  }

  /** The pool fills itself on a thread of its own; its count is the only signal there is. */
  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("time").isNegative();
      Thread.onSpinWait();
    }
  }

  /** What becomes of a call that finds its sandbox ready; calls until one does. */
  private Outcome warm(String tenant, String script, Limits limits, Mount... mounts) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      long before = hits();
      Outcome outcome = sandbox.shellOf(tenant, script, limits, mounts);
      if (hits() > before) {
        return outcome;
      }
      assertThat(System.nanoTime() - end).as("time").isNegative();
    }
  }

  /** Processes are counted by the shell itself: those of a pipeline come and go while one looks. */
  private static final String LOOK =
      """
      [ -r /.chitin-sandbox ] || exit 9
      env | sort; echo "$0 $# $1"; pwd; id; cat /proc/1/environ; umask
      for f in /proc/$$/fd/*; do [ -e "$f" ] && echo "fd ${f##*/}"; done
      grep -E '^(Cap|NoNew|Seccomp|Sig|Groups|Threads|Shd)' /proc/self/status
      ulimit -a; ls -la / /tmp /dev /proc/self/task; cat /proc/self/mountinfo | cut -d' ' -f4-6
      readlink /proc/self/exe; set -- /proc/[0-9]*; echo "$# processes"
      tr '\\0' ' ' </proc/$$/cmdline; cat /proc/self/cgroup | cut -d/ -f1,2
      """;

  @Test
  void aToolCannotTellAWarmSandboxFromAColdOne() {
    Outcome cold = sandbox.shellOf("t", LOOK, LIMITS);
    assertThat(hits()).isZero();
    until(() -> ready() > 0);
    Outcome warm = sandbox.shellOf("t", LOOK, LIMITS);
    assertThat(hits()).isEqualTo(1);
    assertThat(normal(text(warm.stdout()))).isEqualTo(normal(text(cold.stdout())));
    assertThat(warm.status()).isEqualTo(cold.status());
    assertThat(warm.notes()).isEqualTo(cold.notes());
  }

  /**
   * Times and the number of processes, which is that of links of /proc, differ from one directory
   * listing to the next.
   */
  private static String normal(String look) {
    return look.replaceAll("[A-Z][a-z]{2} +\\d+ \\d\\d:\\d\\d", "then")
        .replaceAll("x +\\d+ +65534 +65534 +0 then proc", "proc");
  }

  @Test
  void argumentsInputAndExitArriveExactly() {
    List<String> argv = List.of("printf", "%s\\0", "a\nb", "'\"`$(id)", "", "é\uD83D\uDE00", "end");
    await(sandbox.startOf("t", "/usr/bin/printf", argv, "", LIMITS));
    until(() -> ready() > 0);
    Outcome outcome = await(sandbox.startOf("t", "/usr/bin/printf", argv, "", LIMITS));
    assertThat(hits()).isEqualTo(1);
    var expected = new ArrayList<>(argv.subList(2, argv.size()));
    expected.add("");
    assertThat(List.of(text(outcome.stdout()).split("\0", -1))).isEqualTo(expected);
    until(() -> ready() > 0);
    Outcome cat =
        await(sandbox.startOf("t", "/usr/bin/cat", List.of("cat"), "x".repeat(300_000), LIMITS));
    assertThat(cat.stdoutBytes()).isEqualTo(300_000);
    until(() -> ready() > 0);
    assertThat(await(sandbox.startOf("t", "/usr/bin/cat", List.of("cat"), "", LIMITS)).status())
        .isEqualTo("exit 0");
    until(() -> ready() > 0);
    assertThat(sandbox.shellOf("t", "exit 7", LIMITS).exitCode()).isEqualTo(7);
    until(() -> ready() > 0);
    assertThat(sandbox.shellOf("t", "kill -9 $$", LIMITS).status()).isEqualTo("signal 9");
    assertThat(hits()).isEqualTo(5);
  }

  @Test
  void nearlyTwoMegabytesOfArgumentsArriveWarm() {
    var argv = new ArrayList<String>(List.of("sh", "-c", "echo $# ${#15}", "sh"));
    for (int i = 0; i < 15; i++) {
      argv.add("y".repeat(120_000));
    }
    sandbox.shellOf("t", "true", LIMITS);
    until(() -> ready() > 0);
    Outcome outcome = await(sandbox.startOf("t", SHELL, argv, "", LIMITS));
    assertThat(text(outcome.stdout())).isEqualTo("15 120000\n");
    assertThat(hits()).isEqualTo(1);
  }

  @Test
  void aProgramThatCannotBeExecutedIsNotTakenForAnExit() throws IOException {
    Path broken = Files.writeString(directory.resolve("broken"), "no program");
    assertThat(broken.toFile().setExecutable(true)).isTrue();
    Outcome missing = warm("t", "true", LIMITS);
    assertThat(missing.status()).isEqualTo("exit 0");
    until(() -> ready() > 0);
    Outcome outcome =
        await(sandbox.startOf("t", "/usr/bin/there-is-no-such-program", List.of("x"), "", LIMITS));
    assertThat(outcome.status()).isEqualTo("setup_failed");
    assertThat(outcome.exitCode()).isNull();
    assertThat(text(outcome.stderr())).contains("No such file");
  }

  @Test
  void theLimitsHoldInAWarmSandbox() {
    Limits small = RealSandbox.limits(20_000, 1000, 32L << 20, 8);
    assertThat(warm("t", "[ -r /.chitin-sandbox ] && exec tail /dev/zero", small).status())
        .isEqualTo("oom");
    assertThat(warm("t", "exec yes", small).status()).isEqualTo("output_limit");
    Limits brief = RealSandbox.limits(300, 1000, 64L << 20, 8);
    assertThat(warm("t", "sleep 1000", brief).status()).isEqualTo("deadline");
  }

  @Test
  void aSecondTenantNeverGetsTheFirstOnesSandbox() {
    sandbox.shellOf("first", "true", LIMITS);
    until(() -> ready() == 2);
    long before = sandbox.backend.metrics().warmMisses();
    Outcome other = sandbox.shellOf("second", "ls -A /tmp /dev/shm", LIMITS);
    assertThat(hits()).isZero();
    assertThat(sandbox.backend.metrics().warmMisses()).isEqualTo(before + 1);
    assertThat(text(other.stdout())).isEqualTo("/dev/shm:\n\n/tmp:\n");
  }

  @Test
  void aSandboxServesOneCallAndDies() {
    warm("t", "echo mine >/tmp/left; echo mine >/dev/shm/left", LIMITS);
    Outcome next = warm("t", "ls -A /tmp /dev/shm", LIMITS);
    assertThat(text(next.stdout())).isEqualTo("/dev/shm:\n\n/tmp:\n");
  }

  @Test
  void otherLimitsOrMountsAreAnotherProfile() throws IOException {
    Path work = Files.createDirectory(directory.resolve("work")).toRealPath();
    sandbox.shellOf("t", "true", LIMITS);
    until(() -> ready() == 2);
    sandbox.shellOf("t", "true", RealSandbox.limits(20_000, 1 << 20, 128L << 20, 32));
    sandbox.shellOf("t", "true", LIMITS, mount(work, "/w", false));
    assertThat(hits()).isZero();
  }

  @Test
  void writableMountsAreNotPooled() throws IOException {
    Path work = Files.createDirectory(directory.resolve("work")).toRealPath();
    sandbox.shellOf("t", "true", LIMITS, mount(work, "/w", true));
    assertThat(sandbox.backend.metrics().warmMisses()).isZero();
    try (var entries = Files.list(work)) {
      assertThat(entries).as("covers on the host").isEmpty();
    }
  }

  @Test
  void aSecretThatAppearsInAMountAfterTheMakingIsHiddenAllTheSame() throws IOException {
    Path work = Files.createDirectory(directory.resolve("work")).toRealPath();
    Mount mount = mount(work, "/w", false);
    sandbox.shellOf("t", "true", LIMITS, mount);
    until(() -> ready() == 2);
    Files.writeString(work.resolve(".env"), "obviously-fake");
    Outcome outcome = sandbox.shellOf("t", "cat /w/.env; echo done", LIMITS, mount);
    assertThat(text(outcome.stdout())).isEqualTo("done\n");
    assertThat(hits()).isZero();
  }

  @Test
  void anExchangedMountIsRefusedAlsoWhenOneStandsReady() throws IOException {
    Path work = Files.createDirectory(directory.resolve("work")).toRealPath();
    Mount mount = mount(work, "/w", false);
    sandbox.shellOf("t", "true", LIMITS, mount);
    until(() -> ready() == 2);
    Files.move(work, directory.resolve("moved"));
    Files.createDirectory(work);
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> sandbox.shellOf("t", "true", LIMITS, mount))
        .hasMessageContaining("not the one that was decided");
  }

  @Test
  void oneThatDiedWhileItWaitedIsNotUsed() throws Exception {
    sandbox.shellOf("t", "true", LIMITS);
    until(() -> ready() == 2);
    for (long pid : starters()) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
    until(() -> starters().isEmpty());
    assertThat(sandbox.shellOf("t", "echo on", LIMITS).status()).isEqualTo("exit 0");
  }

  /** The bwrap processes of this test whose sandboxes wait. */
  private static Set<Long> starters() {
    var found = new TreeSet<Long>();
    ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("bwrap"))
        .forEach(child -> found.add(child.pid()));
    return found;
  }

  @Test
  void moreThanTheBoundNeverStandReady() {
    for (int i = 0; i < 8; i++) {
      sandbox.shellOf("tenant" + i, "true", LIMITS);
    }
    until(() -> ready() == 4);
    assertThat(starters().size()).isLessThanOrEqualTo(4);
  }
}
