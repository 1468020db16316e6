package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a tool leaves in its directory for outputs, and what of it comes back. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutputTest {
  private static final Limits LIMITS =
      RealSandbox.LIMITS.with(Member.FILE_BYTES, 1L << 40).with(Member.DISK_FILES, 100_000);
  private static final DeclaredOutput REPORT =
      new DeclaredOutput("report", "report.json", 64, true);
  private static final DeclaredOutput EXTRA = new DeclaredOutput("extra", "d/extra", 64, false);

  private Path directory;
  private RealSandbox sandbox;

  @BeforeAll
  void start(@TempDir Path shared) throws IOException {
    directory = shared.toRealPath();
    sandbox = new RealSandbox(directory.resolve("run"));
  }

  @AfterAll
  void stop() {
    sandbox.close();
  }

  private Outcome shell(String script, Limits limits, List<Mount> mounts) throws IOException {
    Map<String, String> environment = new HashMap<>(ProbeCall.ENVIRONMENT);
    environment.put(DeclaredOutput.VARIABLE, DeclaredOutput.DIRECTORY);
    Outcome outcome =
        RealSandbox.await(
            sandbox.backend.run(
                ProbeCall.of(
                    ProbeCall.TENANT,
                    RealSandbox.SHELL,
                    List.of(
                        "sh",
                        "-c",
                        "[ -r /.chitin-sandbox ] || exit 9; cd $CHITIN_OUT || exit 8; " + script),
                    environment,
                    Bytes.EMPTY,
                    mounts,
                    limits,
                    List.of(EXTRA, REPORT)),
                OutputSink.NONE,
                RealSandbox.context()));
    awaitEmpty(directory.resolve("run/out"));
    return outcome;
  }

  private Outcome shell(String script) throws IOException {
    return shell(script, LIMITS, List.of());
  }

  /** Small leavings are gone with the answer; large ones go on going. */
  private static void awaitEmpty(Path out) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!entries(out).isEmpty() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(entries(out)).isEmpty();
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private static String refusal(Outcome outcome, String name) {
    return outcome.files().stream()
        .filter(file -> file.name().equals(name))
        .map(file -> ((OutputFile.Refused) file).reason())
        .findFirst()
        .orElseThrow();
  }

  private static String content(Outcome outcome, String name) {
    return outcome.files().stream()
        .filter(file -> file.name().equals(name))
        .map(file -> text(((OutputFile.Content) file).bytes()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void declaredFilesComeBackAndTheDirectoryGoesWithTheAnswer() throws IOException {
    Outcome outcome = shell("mkdir d; printf one >report.json; printf two >d/extra; echo x >other");
    assertThat(content(outcome, "report")).isEqualTo("one");
    assertThat(content(outcome, "extra")).isEqualTo("two");
    assertThat(outcome.files()).noneMatch(OutputFile::failed);
    assertThat(outcome.notes()).noneMatch(note -> note.startsWith("output"));
  }

  @Test
  void aMissingFileIsAFailureOnlyWhenItIsRequired() throws IOException {
    Outcome outcome = shell("exit 0");
    assertThat(outcome.status()).isEqualTo("exit 0");
    assertThat(outcome.files())
        .containsExactly(
            new OutputFile.Refused("extra", "is missing", false),
            new OutputFile.Refused("report", "is missing", true));
    assertThat(outcome.notes()).contains("output report is missing");
    assertThat(outcome.notes()).doesNotContain("output extra is missing");
  }

  @Test
  void linksAreNotFollowed() throws IOException {
    Outcome outcome = shell("ln -s /etc/passwd report.json; ln -s / d");
    assertThat(refusal(outcome, "report")).isEqualTo("is a symbolic link");
    assertThat(refusal(outcome, "extra")).isEqualTo("is a symbolic link, or lies behind one");
    assertThat(outcome.files()).allMatch(OutputFile::failed);
  }

  @Test
  void aFileWithASecondNameIsNotTaken() throws IOException {
    Path work = Files.createDirectories(directory.resolve("work"));
    Files.writeString(work.resolve("theirs"), "secret");
    Outcome outcome =
        shell(
            "ln /w/theirs report.json; echo x >a; ln a report.json; ln a d",
            LIMITS,
            List.of(RealSandbox.mount(work, "/w", true)));
    assertThat(refusal(outcome, "report")).isEqualTo("has 3 names");
    assertThat(refusal(outcome, "extra")).isEqualTo("lies behind something that is no directory");
    assertThat(text(outcome.stderr())).contains("cross-device");
  }

  @Test
  void whatIsNoRegularFileIsNamedAndHoldsNobodyUp() throws IOException {
    assertThat(refusal(shell("mkfifo report.json"), "report")).isEqualTo("is a FIFO");
    assertThat(refusal(shell("mkdir report.json"), "report")).isEqualTo("is a directory");
    Outcome socket =
        shell(
            "perl -MIO::Socket::UNIX -e"
                + " 'IO::Socket::UNIX->new(Local => \"report.json\", Listen => 1) or die'");
    assertThat(refusal(socket, "report")).isEqualTo("is a socket");
    assertThat(refusal(shell("echo x >report.json; chmod 0 report.json"), "report"))
        .contains("took the permission away");
  }

  @Test
  void whatIsTooLongIsNotRead() throws IOException {
    String reason = "has more than the 64 bytes that are declared";
    assertThat(refusal(shell("truncate -s 1T report.json"), "report")).isEqualTo(reason);
    assertThat(refusal(shell("head -c 65 /dev/zero >report.json"), "report")).isEqualTo(reason);
    assertThat(content(shell("head -c 64 /dev/zero >report.json"), "report")).hasSize(64);
  }

  @Test
  void whatIsLeftBesideTheOutputsIsBounded() throws IOException {
    String report = "echo x >report.json; ";
    assertThat(refusal(shell(report + "head -c 5000000 /dev/zero >big"), "report"))
        .contains("more than tmp_bytes");
    assertThat(content(shell(report + "truncate -s 1T holes"), "report")).isEqualTo("x\n");
    assertThat(content(shell(report + "seq 1 10000 | xargs touch"), "report")).isEqualTo("x\n");
    assertThat(refusal(shell(report + "seq 1 20000 | xargs touch"), "report"))
        .contains("left 16384 files or more");
  }

  @Test
  void aDeepTreeGoes() throws IOException {
    Outcome outcome =
        shell(
            "echo x >report.json; perl -e 'for (1..2000) { mkdir \"d\"; chdir \"d\" or die }"
                + " open(F, \">f\"); print \"deep\"'");
    assertThat(outcome.status()).as("nesting that cannot be counted").isEqualTo("disk_limit");
    assertThat(content(outcome, "report")).isEqualTo("x\n");
  }

  @Test
  void whateverEndsTheRunTheDirectoryGoes() throws IOException {
    Limits brief = RealSandbox.limits(300, 1000, 64L << 20, 8);
    Outcome killed = shell("echo x >report.json; sleep 1000", brief, List.of());
    assertThat(killed.status()).isEqualTo("deadline");
    assertThat(content(killed, "report")).isEqualTo("x\n");
    assertThat(shell("exit 3").status()).isEqualTo("exit 3");
    assertThat(shell("chmod 0 .; exit 3").status())
        .as("what cannot be listed cannot be counted")
        .isEqualTo("disk_limit");
  }

  @Test
  void aRunThatNeverStartsLeavesNothing() throws IOException {
    Path work = Files.createDirectories(directory.resolve("linked"));
    if (!Files.isSymbolicLink(work.resolve(".bashrc"))) {
      Files.createSymbolicLink(work.resolve(".bashrc"), Path.of("elsewhere"));
    }
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> shell("exit 0", LIMITS, List.of(RealSandbox.mount(work, "/w", true))))
        .hasMessageContaining(".bashrc");
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> shell("exit 0", LIMITS, List.of(RealSandbox.mount(work, "/out/x", false))))
        .hasMessageContaining("directory for outputs");
    awaitEmpty(directory.resolve("run/out"));
  }

  @Test
  void withoutOutputsThereIsNoDirectoryForThem() {
    assertThat(text(sandbox.shell("ls -d /out; echo $CHITIN_OUT").stdout())).isEqualTo("\n");
  }
}
