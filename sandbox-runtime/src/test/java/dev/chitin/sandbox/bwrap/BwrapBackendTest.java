package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static dev.chitin.sandbox.bwrap.RealSandbox.SHELL;
import static dev.chitin.sandbox.bwrap.RealSandbox.await;
import static dev.chitin.sandbox.bwrap.RealSandbox.limits;
import static dev.chitin.sandbox.bwrap.RealSandbox.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Limits;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BwrapBackendTest {
  private RealSandbox sandbox;

  @BeforeAll
  void start(@TempDir Path directory) {
    sandbox = new RealSandbox(directory.resolve("run"));
  }

  @AfterAll
  void stop() {
    sandbox.close();
  }

  private Outcome shell(String script) {
    return sandbox.shell(script);
  }

  // ---- how runs end ----

  @Test
  void anExitCodeIsReported() {
    Outcome outcome = shell("exit 7");
    assertThat(outcome.status()).isEqualTo("exit 7");
    assertThat(outcome.exitCode()).isEqualTo(7);
  }

  @Test
  void aSignalIsNamedAndIsNoExit() {
    Outcome outcome = shell("kill -9 $$");
    assertThat(outcome.status()).isEqualTo("signal 9");
    assertThat(outcome.exitCode()).isNull();
  }

  @Test
  void aProgramThatCannotBeExecutedIsNotTakenForExitOne() {
    Outcome outcome = sandbox.run("/usr/bin/there-is-no-such-program", "x");
    assertThat(outcome.status()).isEqualTo("setup_failed");
    assertThat(outcome.exitCode()).isNull();
    assertThat(text(outcome.stderr())).contains("No such file");
  }

  @Test
  void theDeadlineKills() {
    Outcome outcome = sandbox.shell("sleep 1000", limits(300, 1000, 64L << 20, 8));
    assertThat(outcome.status()).isEqualTo("deadline");
  }

  @Test
  void memoryBeyondTheLimitIsNamedOom() {
    Outcome outcome =
        sandbox.shell(
            "[ -r /.chitin-sandbox ] && exec tail /dev/zero", limits(20_000, 1000, 32L << 20, 8));
    assertThat(outcome.status()).isEqualTo("oom");
  }

  @Test
  void filesInMemoryCountAsMemory() {
    Outcome outcome =
        sandbox.shell(
            "[ -r /.chitin-sandbox ] || exit 9;"
                + " head -c 100000000 /dev/zero >/tmp/x; head -c 100000000 /dev/zero >/dev/shm/x;"
                + " stat -c %s /tmp/x /dev/shm/x",
            limits(20_000, 1000, 64L << 20, 8));
    assertThat(text(outcome.stdout())).isEqualTo((4 << 20) + "\n" + (4 << 20) + "\n");
  }

  @Test
  void aForkBombStopsAtTheProcessLimit() {
    Outcome outcome =
        sandbox.shell(
            "[ -r /.chitin-sandbox ] || exit 9; bomb() { bomb | bomb & }; bomb; sleep 1",
            limits(3_000, 100_000, 128L << 20, 16));
    assertThat(outcome.notes())
        .as(outcome.toString())
        .contains("pids_limit: a fork was refused at 16");
  }

  @Test
  void outputBeyondTheBudgetStopsTheTool() {
    Outcome outcome = sandbox.shell("exec yes", limits(20_000, 1000, 64L << 20, 8));
    assertThat(outcome.status()).isEqualTo("output_limit");
    assertThat(outcome.stdout().length()).isEqualTo(1000);
    assertThat(outcome.truncated()).isTrue();
  }

  @Test
  void outputBeyondTheCapIsCountedAndDropped() {
    Outcome outcome =
        sandbox.shell("head -c 3000 /dev/zero; exit 3", limits(20_000, 1000, 64L << 20, 8));
    assertThat(outcome.status()).isEqualTo("exit 3");
    assertThat(outcome.stdout().length()).isEqualTo(1000);
    assertThat(outcome.stdoutBytes()).isEqualTo(3000);
  }

  @Test
  void bytesThatAreNoTextArriveAsTheyAre() {
    Outcome outcome = shell("printf '\\000\\377\\033]52;x\\007'; printf 'e\\376' >&2");
    assertThat(outcome.stdout().toHex()).isEqualTo("00ff1b5d35323b7807");
    assertThat(outcome.stderr().toHex()).isEqualTo("65fe");
  }

  @Test
  void cancellingKillsAlsoWhatHasLeftTheSession() throws Exception {
    String mark = "7000." + (UUID.randomUUID().getMostSignificantBits() >>> 1);
    CallContext context = RealSandbox.context();
    var lines = new LinkedBlockingQueue<String>();
    OutputSink sink =
        chunk -> {
          lines.add(text(chunk.bytes()));
          return Future.succeededFuture();
        };
    Future<Outcome> running =
        sandbox.backend.run(
            ProbeCall.of(
                SHELL,
                List.of(
                    "sh", "-c", "(setsid sleep " + mark + " &) ; echo started; exec sleep " + mark),
                ProbeCall.ENVIRONMENT,
                Bytes.EMPTY,
                List.of(),
                LIMITS),
            sink,
            context);
    assertThat(lines.poll(20, TimeUnit.SECONDS)).startsWith("started");
    context.cancel("test");
    assertThat(await(running).status()).isEqualTo("cancelled");
    assertThat(RealSandbox.processWith(mark)).isFalse();
  }

  @Test
  void whatAToolPutsIntoTheBackgroundEndsWithIt() throws Exception {
    String mark = "8000." + (UUID.randomUUID().getMostSignificantBits() >>> 1);
    Outcome outcome = shell("(setsid sh -c 'sleep " + mark + " &' &) ; exit 0");
    assertThat(outcome.status()).isEqualTo("exit 0");
    assertThat(RealSandbox.processWith(mark)).isFalse();
  }

  @Test
  void aCallThatWasCancelledBeforeStartsNothing() {
    CallContext context = RealSandbox.context();
    context.cancel("test");
    Future<Outcome> future =
        sandbox.backend.run(call(ProbeCall.ENVIRONMENT), OutputSink.NONE, context);
    assertThatThrownBy(() -> await(future)).hasMessageStartingWith("call.cancelled");
  }

  @Test
  void aCallWhoseDeadlineHasPassedStartsNothing() {
    var late = new CallContext(Deadline.after(Duration.ofMillis(-1)));
    Future<Outcome> future =
        sandbox.backend.run(call(ProbeCall.ENVIRONMENT), OutputSink.NONE, late);
    assertThatThrownBy(() -> await(future)).hasMessageStartingWith("deadline.exceeded");
  }

  @Test
  void theToolOutlivesTheThreadThatAskedForIt() throws Exception {
    var future = new CompletableFuture<Outcome>();
    Thread caller =
        Thread.ofPlatform()
            .start(
                () -> {
                  var _ =
                      sandbox
                          .start(
                              SHELL,
                              List.of("sh", "-c", "sleep 0.5; echo on"),
                              "",
                              List.of(),
                              LIMITS)
                          .onSuccess(future::complete)
                          .onFailure(future::completeExceptionally);
                });
    caller.join();
    assertThat(text(future.get(30, TimeUnit.SECONDS).stdout())).isEqualTo("on\n");
  }

  // ---- what the tool is given ----

  @Test
  void argumentsArriveExactly() {
    List<String> argv =
        List.of(
            "printf",
            "%s\\0",
            "a\nb",
            "'\"`$(id)",
            "-rf",
            "",
            "é\uD83D\uDE00",
            "x".repeat(100_000));
    Outcome outcome = sandbox.run("/usr/bin/printf", argv.toArray(String[]::new));
    assertThat(List.of(text(outcome.stdout()).split("\0", -1)))
        .isEqualTo(
            java.util.stream.Stream.concat(
                    argv.subList(2, argv.size()).stream(), java.util.stream.Stream.of(""))
                .toList());
  }

  @Test
  void nearlyTwoMegabytesOfArgumentsArrive() {
    var argv = new ArrayList<String>(List.of("sh", "-c", "echo $# ${#15}", "sh"));
    for (int i = 0; i < 15; i++) {
      argv.add("y".repeat(120_000));
    }
    Outcome outcome = sandbox.run(SHELL, argv.toArray(String[]::new));
    assertThat(text(outcome.stdout())).isEqualTo("15 120000\n");
  }

  @Test
  void argumentsThatLinuxCannotTakeAreRefused() {
    assertThatThrownBy(() -> sandbox.run("/usr/bin/true", "true", "x".repeat(2_000_000)))
        .isInstanceOf(ChitinException.Invalid.class)
        .hasMessageContaining("Argument 1");
    assertThatThrownBy(() -> sandbox.run("/usr/bin/true", "true", "a\0b"))
        .isInstanceOf(ChitinException.Invalid.class);
  }

  @Test
  void argumentZeroIsTheCallersWhereLookingItUpFindsTheExecutable() {
    assertThat(text(sandbox.run(SHELL, "sh", "-c", "echo $0").stdout())).isEqualTo("sh\n");
  }

  @Test
  void theExecutableIsThePlansWhereLookingUpFindsAnother() {
    Outcome outcome = sandbox.run("/usr/bin/printf", "true", "%s", "x");
    assertThat(text(outcome.stdout())).isEqualTo("x");
    assertThat(outcome.notes()).contains("argv[0]: replaced by the path of the executable");
  }

  @Test
  void everyPayloadOfTheCorpusIsOneLiteralArgument() throws IOException {
    Path corpus =
        Path.of(System.getProperty("chitin.root", "."), "../shared/corpora/commands/injection.txt");
    Assumptions.assumeTrue(Files.exists(corpus), "the corpus of command payloads is not here");
    var argv = new ArrayList<String>(List.of("printf", "%s\\0"));
    List<String> payloads = Files.readAllLines(corpus);
    argv.addAll(payloads);
    Outcome outcome = sandbox.run("/usr/bin/printf", argv.toArray(String[]::new));
    assertThat(text(outcome.stdout())).isEqualTo(String.join("\0", payloads) + "\0");
    for (String payload : payloads.subList(0, 20)) {
      Outcome single = sandbox.run("/usr/bin/printf", "printf", "%s", payload);
      assertThat(text(single.stdout())).isEqualTo(payload);
      assertThat(single.status()).isEqualTo("exit 0");
    }
  }

  @Test
  void standardInputArrivesWholeAndEnds() {
    String input = "line\n".repeat(100_000);
    Outcome outcome =
        await(sandbox.start("/usr/bin/cat", List.of("cat"), input, List.of(), LIMITS));
    assertThat(text(outcome.stdout())).isEqualTo(input);
  }

  @Test
  void withoutInputReadingEndsAtOnce() {
    assertThat(sandbox.run("/usr/bin/cat", "cat").status()).isEqualTo("exit 0");
  }

  @Test
  void aToolThatDoesNotReadItsInputStillEnds() {
    Outcome outcome =
        await(
            sandbox.start(
                "/usr/bin/true", List.of("true"), "x".repeat(1_000_000), List.of(), LIMITS));
    assertThat(outcome.status()).isEqualTo("exit 0");
  }

  @Test
  void theEnvironmentIsThePlansAndNothingElse() {
    var environment = Map.of("PATH", "/usr/bin", "VALUE", "a\nb='\"", "EMPTY", "");
    Outcome outcome =
        await(
            sandbox.backend.run(
                ProbeCall.of(
                    "/usr/bin/env",
                    List.of("env", "-0"),
                    environment,
                    Bytes.EMPTY,
                    List.of(),
                    LIMITS),
                OutputSink.NONE,
                RealSandbox.context()));
    assertThat(text(outcome.stdout()).split("\0"))
        .containsExactlyInAnyOrder("PATH=/usr/bin", "VALUE=a\nb='\"", "EMPTY=", "PWD=/tmp");
  }

  @Test
  void anEnvironmentThatWasNotDecidedIsRefused() {
    PreparedCall decided = call(ProbeCall.ENVIRONMENT);
    var other =
        new PreparedCall(
            decided.plan(),
            decided.input(),
            Map.of("PATH", "/usr/bin:/bin", "HOME", "/tmp", "LANG", "C"),
            Bytes.EMPTY,
            List.of());
    assertThatThrownBy(
            () -> await(sandbox.backend.run(other, OutputSink.NONE, RealSandbox.context())))
        .hasMessageStartingWith(ProblemCode.POLICY_DECISION_INVALID.code());
  }

  @Test
  void variablesThatCarryCodeAreRefused() {
    for (String name : List.of("LD_PRELOAD", "BASH_ENV", "NODE_OPTIONS", "GIT_SSH_COMMAND")) {
      assertThatThrownBy(
              () ->
                  await(
                      sandbox.backend.run(
                          call(Map.of(name, "x")), OutputSink.NONE, RealSandbox.context())))
          .hasMessageContaining(name);
    }
  }

  @Test
  void aHundredAtOnceGetEachItsOwnArguments() {
    var running = new ArrayList<Future<Outcome>>();
    for (int i = 0; i < 100; i++) {
      running.add(
          sandbox.start(
              "/usr/bin/printf", List.of("printf", "%s", "number " + i), "", List.of(), LIMITS));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(text(await(running.get(i)).stdout())).isEqualTo("number " + i);
    }
  }

  // ---- what it sees ----

  @Test
  void onlyItsThreeDescriptorsAreOpen() {
    Outcome outcome =
        shell(
            "for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done; readlink /proc/$$/fd/1");
    assertThat(text(outcome.stdout())).matches("0\n1\n2\npipe:\\[\\d+\\]\n");
  }

  @Test
  void limitsHoldFromTheFirstInstructionOn() {
    Outcome outcome = sandbox.shell("ulimit -n; ulimit -c; ulimit -f; ulimit -p", LIMITS);
    assertThat(text(outcome.stdout())).isEqualTo("64\n0\n16384\n65\n");
  }

  @Test
  void theKernelsSettingsAndMemoryAreOutOfReach() {
    Outcome outcome =
        shell(
            "v=$(cat /proc/sys/kernel/core_pattern);"
                + " printf '%s\\n' \"$v\" >/proc/sys/kernel/core_pattern; echo $?;"
                + " ls /sys /run /home /root /dev/kvm /dev/mem /dev/fuse 2>/dev/null | wc -l;"
                + " cat /proc/keys /proc/cmdline /proc/kallsyms 2>/dev/null | wc -c;"
                + " mknod /tmp/m c 1 1 2>/dev/null; echo $?;"
                + " grep -c ' /proc/sys ro,' /proc/self/mountinfo");
    assertThat(text(outcome.stdout())).isEqualTo("2\n0\n0\n1\n1\n");
  }

  @Test
  void theInitsMemoryAndDescriptorsAreOutOfReach() {
    Outcome outcome =
        shell(
            "ls -A /proc/1 | wc -l;"
                + " (exec 3<>/proc/1/mem) 2>/dev/null; echo $?; (exec 3<>/proc/$PPID/mem)"
                + " 2>/dev/null; echo $?; cat /proc/self/../1/maps 2>/dev/null | wc -c");
    assertThat(text(outcome.stdout())).isEqualTo("0\n2\n2\n0\n");
  }

  @Test
  void namespacesAndForeignSocketsAreRefused() {
    Outcome outcome = shell("unshare -U true; echo $?; unshare -n true; echo $?");
    assertThat(text(outcome.stdout())).isEqualTo("1\n1\n");
  }

  @Test
  void inputCannotBePushedIntoATerminal() {
    assertThat(text(shell("ps -o tty= -p $$ 2>/dev/null; cut -d' ' -f7 /proc/$$/stat").stdout()))
        .endsWith("0\n");
  }

  // ---- streaming ----

  @Test
  void aSlowReaderSlowsTheTool(@TempDir Path work) throws Exception {
    var gate = new LinkedBlockingQueue<Promise<Void>>();
    var pieces = new AtomicInteger();
    OutputSink slow =
        chunk -> {
          pieces.incrementAndGet();
          Promise<Void> taken = Promise.promise();
          gate.add(taken);
          return taken.future();
        };
    Future<Outcome> running =
        sandbox.backend.run(
            ProbeCall.of(
                SHELL,
                List.of("sh", "-c", "head -c 600000 /dev/zero; : >/w/written"),
                ProbeCall.ENVIRONMENT,
                Bytes.EMPTY,
                List.of(RealSandbox.mount(work.toRealPath(), "/w", true)),
                LIMITS),
            slow,
            RealSandbox.context());
    Promise<Void> first = gate.poll(20, TimeUnit.SECONDS);
    assertThat(first).isNotNull();
    // As long as the first piece is not taken there is no second, and the tool cannot have got
    // further: its pipe holds less than what it still has to write.
    assertThat(gate.poll(300, TimeUnit.MILLISECONDS)).isNull();
    assertThat(work.resolve("written")).doesNotExist();
    first.complete();
    while (!running.isComplete()) {
      Promise<Void> next = gate.poll(50, TimeUnit.MILLISECONDS);
      if (next != null) {
        next.complete();
      }
    }
    Outcome outcome = await(running);
    assertThat(work.resolve("written")).exists();
    assertThat(outcome.stdoutBytes()).isEqualTo(600_000);
    assertThat(pieces.get()).isGreaterThanOrEqualTo(600_000 / 65_536);
  }

  @Test
  void whenTheReaderIsGoneOutputIsStillKept() {
    var offered = new AtomicInteger();
    OutputSink gone =
        chunk -> {
          offered.incrementAndGet();
          return Future.failedFuture("gone");
        };
    Outcome outcome =
        await(
            sandbox.backend.run(
                ProbeCall.of(
                    SHELL,
                    List.of("sh", "-c", "head -c 300000 /dev/zero; echo err >&2"),
                    ProbeCall.ENVIRONMENT,
                    Bytes.EMPTY,
                    List.of(),
                    LIMITS),
                gone,
                RealSandbox.context()));
    assertThat(outcome.stdout().length()).isEqualTo(300_000);
    assertThat(offered.get()).isLessThanOrEqualTo(2);
  }

  @Test
  void piecesArriveInOrderAndMakeUpTheWhole() {
    var collected = new java.io.ByteArrayOutputStream();
    OutputSink sink =
        chunk -> {
          assertThat(chunk.stream()).isEqualTo(OutputChunk.Stream.STDOUT);
          collected.writeBytes(chunk.bytes().borrow());
          return Future.succeededFuture();
        };
    Outcome outcome =
        await(
            sandbox.backend.run(
                ProbeCall.of(
                    "/usr/bin/seq",
                    List.of("seq", "1", "60000"),
                    ProbeCall.ENVIRONMENT,
                    Bytes.EMPTY,
                    List.of(),
                    LIMITS),
                sink,
                RealSandbox.context()));
    assertThat(collected.toString(StandardCharsets.UTF_8)).isEqualTo(text(outcome.stdout()));
    assertThat(text(outcome.stdout())).endsWith("59999\n60000\n");
  }

  private static PreparedCall call(Map<String, String> environment) {
    return ProbeCall.of(
        "/usr/bin/true", List.of("true"), environment, Bytes.EMPTY, List.of(), Limits.DEFAULT);
  }
}
