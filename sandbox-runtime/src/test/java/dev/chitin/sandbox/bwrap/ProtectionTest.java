package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static dev.chitin.sandbox.bwrap.RealSandbox.await;
import static dev.chitin.sandbox.bwrap.RealSandbox.mount;
import static dev.chitin.sandbox.bwrap.RealSandbox.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import dev.chitin.policy.ProtectedPaths;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a tool can do to the protected names inside a writable mount. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProtectionTest {
  private Path directory;
  private RealSandbox sandbox;
  private Path work;
  private int number;

  @BeforeAll
  void start(@TempDir Path shared) throws IOException {
    directory = shared.toRealPath();
    sandbox = new RealSandbox(directory.resolve("run"));
  }

  @AfterAll
  void stop() {
    sandbox.close();
  }

  @BeforeEach
  void workspace() throws IOException {
    work = Files.createDirectory(directory.resolve("work" + number++)).toRealPath();
  }

  private Outcome shell(String script) {
    return sandbox.shell("cd /w && " + script, LIMITS, mount(work, "/w", true));
  }

  private Map<String, String> tree() throws IOException {
    var tree = new TreeMap<String, String>();
    try (Stream<Path> paths = Files.walk(work)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        tree.put(
            work.relativize(path).toString(),
            Files.isRegularFile(path) ? Files.readString(path) : "directory");
      }
    }
    return tree;
  }

  /** rename(2) itself: mv would make a copy where a rename is refused. */
  private static String rename(String from, String to) {
    return " perl -e 'rename(\"" + from + "\", \"" + to + "\")'; ";
  }

  @Test
  void absentNamesCannotBeMadeAndNothingStaysBehind() throws IOException {
    Files.writeString(work.resolve("kept"), "x");
    var before = tree();
    for (String path : ProtectedPaths.WRITE_DENIED) {
      String name = path.replaceFirst("/.*", "");
      Outcome outcome =
          shell(
              "mkdir -p "
                  + path
                  + "; echo x >"
                  + path
                  + "; for n in "
                  + name
                  + "; do echo x >$n; echo x >$n/x; mkdir -p $n/y; rm -rf $n;"
                  + " mv $n moved; mkdir t; echo x >t/f; mv -fT t/f $n; ln -sf /etc $n; rm -rf t; done"
                  + " 2>/dev/null; true");
      assertThat(outcome.status()).as(path).isEqualTo("exit 0");
      assertThat(tree()).as(path).isEqualTo(before);
    }
  }

  /** Tries everything on a path that exists. */
  private static String attack(String path) {
    return "(echo x >"
        + path
        + "; echo x >>"
        + path
        + "/new; rm -rf "
        + path
        + "; mkdir t; echo x >t/f; mv -fT t/f "
        + path
        + "; ln -sfn /etc "
        + path
        + "; rm -rf t) 2>/dev/null;"
        + rename(path, "moved");
  }

  @Test
  void existingNamesStayAsTheyAreAtTheTopAndNested() throws IOException {
    var script = new StringBuilder();
    for (String above : List.of("", "a/b/c/")) {
      for (String path : ProtectedPaths.WRITE_DENIED) {
        Path there = work.resolve(above + path);
        Files.createDirectories(there.getParent());
        if (ProtectedPaths.WRITE_DENIED_DIRECTORIES.contains(path)) {
          Files.createDirectory(there);
          Files.writeString(there.resolve("kept"), "theirs");
        } else {
          Files.writeString(there, "theirs");
        }
        script.append(attack(above + path));
      }
    }
    var before = tree();
    // Each existing name costs bwrap a descriptor while it mounts, under the tool's own limit.
    var limits = LIMITS.with(Limits.Member.OPEN_FILES, 1_024);
    Outcome outcome = sandbox.shell("cd /w && " + script, limits, mount(work, "/w", true));
    assertThat(outcome.status()).as(text(outcome.stderr())).isEqualTo("exit 0");
    assertThat(tree()).isEqualTo(before);
  }

  @Test
  void coversNeedNoDescriptorsOfTheTool() {
    var limits = LIMITS.with(Limits.Member.OPEN_FILES, 16);
    for (int i = 0; i < 20; i++) {
      Outcome outcome = sandbox.shell("ulimit -n", limits, mount(work, "/w", true));
      assertThat(text(outcome.stdout())).as(text(outcome.stderr())).isEqualTo("16\n");
    }
  }

  @Test
  void otherSpellingsOfExistingNamesStayToo() throws IOException {
    Files.createDirectories(work.resolve("sub/.Git/Hooks"));
    Files.createDirectories(work.resolve("Library.old/library"));
    Files.writeString(work.resolve("sub/.Git/Hooks/post"), "theirs");
    Files.writeString(work.resolve(".BASHRC"), "theirs");
    Files.createDirectory(work.resolve(".SSH"));
    Files.writeString(work.resolve(".SSH/id"), "secret");
    var before = tree();
    Outcome outcome =
        shell(attack("sub/.Git/Hooks") + attack(".BASHRC") + attack(".SSH") + "cat .SSH/id");
    assertThat(text(outcome.stdout())).isEmpty();
    assertThat(tree()).isEqualTo(before);
  }

  @Test
  void whatTheOperatorGaveUpMayBeWrittenAndNothingElse() throws IOException {
    Files.createDirectories(work.resolve(".git/hooks"));
    WriteProtection rest = WriteProtection.without(List.of(".vscode", ".git/hooks"));
    try (var other = new RealSandbox(directory.resolve("other-run"), rest)) {
      other.shell(
          "cd /w; mkdir .vscode; echo x >.vscode/tasks.json; echo x >.git/hooks/pre-commit;"
              + " echo x >.git/config; echo x >.bashrc",
          LIMITS,
          mount(work, "/w", true));
      assertThat(tree())
          .containsEntry(".vscode/tasks.json", "x\n")
          .containsEntry(".git/hooks/pre-commit", "x\n")
          .doesNotContainKeys(".git/config", ".bashrc");
      assertThat(other.backend.backendProfile()).isNotEqualTo(sandbox.backend.backendProfile());
    }
  }

  @Test
  void credentialsAreHiddenHoweverManyEntriesLieBesideThem() throws IOException {
    List<String> places =
        ProtectedPaths.DENIED_NAMES.stream().filter(name -> !name.endsWith("*")).toList();
    for (int i = 0; i < 20_000; i++) {
      Files.createFile(work.resolve("f" + i));
      // Whatever the order of the directory, some are far back in it.
      if (i % 2_000 == 0 && i / 2_000 < places.size()) {
        plant(places.get(i / 2_000));
      }
    }
    places.subList(10, places.size()).forEach(this::plant);
    Outcome outcome = shell("for p in " + String.join(" ", places) + "; do cat $p $p/x; done");
    assertThat(text(outcome.stdout())).isEmpty();
    assertThat(outcome.notes()).contains("denies: nested search stopped at 4096 entries");
  }

  private void plant(String place) {
    try {
      Files.writeString(Files.createDirectories(work.resolve(place)).resolve("x"), "secret");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aDirectoryThatTellsCaseApartIsKnownByOneLook() throws IOException {
    Files.writeString(work.resolve(".bashrc"), "x");
    Files.createLink(work.resolve(".BASHRC"), work.resolve(".bashrc"));
    Files.writeString(work.resolve(".profile"), "x");
    try (Fd here =
        Open.openat2(Open.AT_FDCWD, work.toString(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS)) {
      assertThat(LetterCase.of(here, ".profile")).isEqualTo(LetterCase.TELLS_APART);
      assertThat(LetterCase.of(here, ".bashrc")).isEqualTo(LetterCase.TELLS_APART);
    }
  }

  @Test
  void aHookCannotBePlantedInANewRepository() throws IOException {
    shell("mkdir -p .git/hooks && echo x >.git/hooks/pre-commit");
    assertThat(tree()).doesNotContainKey(".git");
  }

  @Test
  void hooksAndConfigOfARepositoryStayAsTheyAre() throws IOException {
    Files.createDirectories(work.resolve(".git/hooks"));
    Files.writeString(work.resolve(".git/hooks/pre-commit"), "theirs");
    Files.writeString(work.resolve(".git/config"), "[core]\n");
    Outcome outcome =
        shell(
            "(echo x >.git/hooks/pre-commit; rm .git/hooks/pre-commit; echo x >.git/hooks/new;"
                + " echo x >.git/config; rm -rf .git/hooks) 2>/dev/null;"
                + rename(".git/config", "c")
                + rename(".git", "g2")
                + rename(".git/hooks", "h2")
                + " echo index >.git/index; cat .git/config .git/hooks/pre-commit");
    assertThat(text(outcome.stdout())).isEqualTo("[core]\ntheirs");
    assertThat(tree())
        .containsEntry(".git/hooks/pre-commit", "theirs")
        .containsEntry(".git/config", "[core]\n")
        .containsEntry(".git/index", "index\n")
        .doesNotContainKeys("g2", "h2", "c", ".git/hooks/new");
  }

  @Test
  void absentHooksOfARepositoryAreCovered() throws IOException {
    Files.createDirectories(work.resolve(".git"));
    shell(
        "mkdir .git/hooks; echo x >.git/hooks/pre-commit; echo x >.git/config;"
            + rename(".git", "g2"));
    assertThat(tree().keySet()).containsExactly("", ".git");
  }

  @Test
  void aNestedRepositoryIsProtectedAndItsAncestorsStay() throws IOException {
    Files.createDirectories(work.resolve("a/b/.git/hooks"));
    Files.writeString(work.resolve("a/b/.git/hooks/pre-commit"), "theirs");
    shell(
        rename("a", "x")
            + rename("a/b", "y")
            + rename("a/b/.git", "z")
            + "echo x >a/b/.git/hooks/pre-commit; echo ok >a/free");
    assertThat(tree())
        .containsEntry("a/b/.git/hooks/pre-commit", "theirs")
        .containsEntry("a/free", "ok\n")
        .doesNotContainKeys("x", "y", "z");
  }

  @Test
  void credentialsInAMountedTreeAreNotReadable() throws IOException {
    Files.createDirectories(work.resolve(".ssh"));
    Files.createDirectories(work.resolve("sub/.aws"));
    Files.createDirectories(work.resolve(".config/gcloud"));
    Files.writeString(work.resolve(".ssh/id"), "secret-1");
    Files.writeString(work.resolve("sub/.aws/credentials"), "secret-2");
    Files.writeString(work.resolve(".env.local"), "secret-3");
    Files.writeString(work.resolve(".config/gcloud/token"), "secret-4");
    for (boolean writable : new boolean[] {true, false}) {
      Outcome outcome =
          sandbox.shell(
              "cd /w;"
                  + rename("sub", "sub2")
                  + rename(".config", "c2")
                  + " grep -rs secret . /proc/self/mountinfo; echo done",
              LIMITS,
              mount(work, "/w", writable));
      assertThat(text(outcome.stdout())).isEqualTo("done\n");
    }
    assertThat(tree()).containsEntry("sub/.aws/credentials", "secret-2");
  }

  @Test
  void aCoverStaysWhileAnotherRunNeedsIt() throws IOException {
    Mount mount = mount(work, "/w", true);
    Future<Outcome> longer =
        sandbox.start(
            RealSandbox.SHELL,
            List.of(
                "sh",
                "-c",
                "cd /w; : >ready; while [ ! -e go ]; do sleep 0.02; done; echo x >.bashrc"),
            "",
            List.of(mount),
            LIMITS);
    while (!Files.exists(work.resolve("ready"))) {
      assertThat(longer.isComplete()).isFalse();
      Thread.onSpinWait();
    }
    shell("true");
    assertThat(work.resolve(".bashrc")).exists();
    shell(": >go");
    assertThat(await(longer).status()).isEqualTo("exit 2");
    assertThat(tree().keySet()).containsExactly("", "go", "ready");
  }

  @Test
  void aLinkAtAProtectedNameRefusesTheWritableMount() throws IOException {
    Files.createSymbolicLink(work.resolve(".bashrc"), Path.of("elsewhere"));
    assertThatThrownBy(() -> shell("true")).hasMessageContaining(".bashrc");
    Outcome readOnly = sandbox.shell("true", LIMITS, mount(work, "/w", false));
    assertThat(readOnly.status()).isEqualTo("exit 0");
  }

  @Test
  void aReadOnlyMountIsReadOnly() throws IOException {
    Files.writeString(work.resolve("f"), "x");
    Outcome outcome =
        sandbox.shell("cat /w/f; echo y >/w/f; echo y >/w/g", LIMITS, mount(work, "/w", false));
    assertThat(text(outcome.stdout())).isEqualTo("x");
    assertThat(tree()).containsEntry("f", "x").doesNotContainKey("g");
  }

  @Test
  void aSourceThatWasSwappedIsRefused() throws IOException {
    Mount decided = mount(work, "/w", true);
    Files.move(work, directory.resolve("moved" + number));
    Files.createDirectory(work);
    assertThatThrownBy(() -> sandbox.shell("true", LIMITS, decided))
        .hasMessageContaining("not the one that was decided");
    Files.delete(work);
    Files.createSymbolicLink(work, directory.resolve("moved" + number));
    assertThatThrownBy(() -> sandbox.shell("true", LIMITS, decided))
        .hasMessageContaining("without following a link");
  }

  @Test
  void theGatewaysOwnDirectoriesAndSpecialFilesAreNotMounted() {
    assertThatThrownBy(
            () -> sandbox.shell("true", LIMITS, mount(directory.resolve("run"), "/w", false)))
        .hasMessageContaining("directory of the gateway");
    assertThatThrownBy(() -> sandbox.shell("true", LIMITS, mount(directory, "/w", false)))
        .hasMessageContaining("directory of the gateway");
    assertThatThrownBy(
            () -> sandbox.shell("true", LIMITS, mount(Path.of("/dev/null"), "/w", false)))
        .hasMessageContaining("a device");
  }

  @Test
  void aMountCannotReplaceTheSandboxsOwnDirectories() {
    for (String target :
        List.of("/", "/usr", "/usr/x", "/etc", "/proc/1", "/dev", "/tmp", "/w/../etc", "w")) {
      assertThatThrownBy(() -> sandbox.shell("true", LIMITS, mount(work, target, true)))
          .as(target)
          .hasMessageContaining("mount target");
    }
  }

  @Test
  void aLinkPlantedByAToolIsOnlyItsOwnView() throws IOException {
    Outcome outcome = shell("ln -s /etc/passwd l; cat l; echo x >>l");
    assertThat(text(outcome.stdout())).isEqualTo("sandbox:x:1000:1000::/tmp:/bin/sh\n");
    assertThat(Files.readString(Path.of("/etc/passwd"))).doesNotContain("sandbox:x:1000");
  }

  @Test
  void noToolLeavesAProgramThatRunsAsItsOwner() throws IOException {
    Outcome outcome =
        shell(
            "[ -r /.chitin-sandbox ] || exit 9; cp /usr/bin/true t; chmod u+s t; chmod g+s t;"
                + " chmod 6755 t; perl -e 'use Fcntl; sysopen(F, \"u\", O_CREAT|O_WRONLY, 04755);"
                + " umask 0; sysopen(F, \"v\", O_CREAT|O_WRONLY, 02777)'; chmod 755 t; mkdir d;"
                + " chmod 1777 d; echo made >w; stat -c '%a %n' d t u v w 2>/dev/null");
    assertThat(text(outcome.stdout())).isEqualTo("1777 d\n755 t\n644 w\n");
  }
}
