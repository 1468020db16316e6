package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandDecisionTest {
  @TempDir Path directory;
  private PolicyFixture policy;

  @BeforeEach
  void home() throws IOException {
    policy = new PolicyFixture(directory);
  }

  private String run(String line) {
    return policy.rule(policy.run(line.split(" ")));
  }

  private void commands(String... commands) {
    List<String> list = List.of(commands);
    policy.granted =
        new Capabilities(policy.granted.fileRead(), policy.granted.fileWrite(), List.of(), list);
    policy.declared =
        new Capabilities(policy.declared.fileRead(), policy.declared.fileWrite(), List.of(), list);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "false --x",
        "echo -n a b",
        "printf %s a",
        "cat -A a.txt -",
        "cat -- -n",
        "head -n5 a",
        "head -5 a",
        "head --lin 5 a",
        "tail -f a",
        "tail --follow=name a",
        "ls -la --color=auto .",
        "ls --group-d",
        "wc -l /etc/passwd",
        "grep -rn pattern src",
        "grep -e -x src",
        "grep --max-count=3 x a",
        "seq -1 5",
        "seq -s , 1 3",
        "sleep 1",
        "date -u +%F",
        "date -Iseconds",
        "date --date=yesterday",
        "env",
        "env A=b",
        "id -u",
        "uname -a",
        "cat /dev/null",
        "env A=b ls -l",
        "env -i -- A=b head -1 a"
      })
  void whatTheShippedGrammarsKnowIsAllowed(String line) {
    assertThat(run(line)).isEqualTo("allow");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "env -S 'sh",
        "env --split-string=sh",
        "env --split sh",
        "env -iS x",
        "wc --files0-from=x",
        "wc --files0 x",
        "wc --fi=x",
        "date -s now",
        "date --set=now",
        "date --s=x",
        "date -us x",
        "date -f x",
        "date --fil x"
      })
  void aFlagThatLeadsOutIsRefusedInEverySpelling(String line) {
    assertThat(run(line)).isEqualTo("argument.flag_executes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cat -z a",
        "ls --colour=x",
        "head --unknown a",
        "grep --f x",
        "ls --hid=x",
        "cat -nZ a",
        "grep -X egrep a",
        "uname -j",
        "printf -v x"
      })
  void anUnknownOrAmbiguousFlagIsRefusedByName(String line) {
    Verdict verdict = policy.decide(policy.run(line.split(" ")));
    assertThat(verdict.rules().getFirst()).isEqualTo("argument.unknown_flag");
    assertThat(verdict.denials().getFirst().detail()).contains("-");
  }

  @Test
  void aFlagWithoutItsValueOrWithOneTooManyIsRefused() {
    assertThat(run("head -n")).isEqualTo("argument.flag_value");
    assertThat(run("cat --number=3 a")).isEqualTo("argument.flag_value");
  }

  @Test
  void anInnerCommandIsDecidedAsACallOfItsOwn() {
    Verdict verdict = policy.decide(policy.run("env", "/bin/sh", "-c", "id"));
    assertThat(verdict.rules().getFirst()).isEqualTo("policy.grants.tool.ProcessExec");
    assertThat(verdict.denials().getFirst().detail()).contains("/bin/sh");
    assertThat(run("env A=b sh -c id")).isEqualTo("policy.grants.tool.ProcessExec");
    assertThat(run("env env sh")).isEqualTo("policy.grants.tool.ProcessExec");
    assertThat(run("env -u X cat -z a")).isEqualTo("argument.unknown_flag");
    assertThat(run("env cat ../x")).isEqualTo("path.parent_component");
    assertThat(run("env -C /etc ls .")).isEqualTo("allow");
    assertThat(run("env -C ../x ls .")).isEqualTo("path.parent_component");
  }

  @Test
  void threeInnerCommandsAreTheMost() {
    assertThat(run("env env env true")).isEqualTo("allow");
    assertThat(run("env env env env true")).isEqualTo("command.wrapped_too_deep");
  }

  @Test
  void anInnerCommandThatThePlanDoesNotListIsRefused() {
    var listed = (Invocation.NativeProcess) policy.run("env", "ls").invocation();
    var unlisted =
        new Invocation.NativeProcess(
            listed.argv(),
            listed.executable(),
            listed.cwd(),
            listed.envNames(),
            listed.envDigest(),
            listed.executed().subList(0, 1),
            List.of(),
            true);
    assertThat(policy.rule(policy.plan("bwrap", unlisted))).isEqualTo("command.content_unlisted");
  }

  @ParameterizedTest
  @ValueSource(strings = {"LD_PRELOAD=/x", "PATH=/tmp", "HOME=/", "BASH_ENV=x", "ld_preload=x"})
  void aCallerSetsNoNameThatLoadsCode(String assignment) {
    assertThat(policy.rule(policy.run("env", assignment, "ls"))).isEqualTo("argument.environment");
  }

  @Test
  void aPlanSetsNoNameThatLoadsCode() {
    var process = (Invocation.NativeProcess) policy.run("true").invocation();
    var preloaded =
        new Invocation.NativeProcess(
            process.argv(),
            process.executable(),
            process.cwd(),
            List.of("LD_PRELOAD"),
            process.envDigest(),
            process.executed(),
            List.of(),
            true);
    assertThat(policy.rule(policy.plan("bwrap", preloaded)))
        .isEqualTo("command.environment[LD_PRELOAD]");
  }

  @Test
  void aPlanNamesEachOutputOnceAndNotTooMany() {
    var process = (Invocation.NativeProcess) policy.run("true").invocation();
    List<DeclaredOutput> many = new ArrayList<>();
    for (int i = 0; i <= DeclaredOutput.MOST; i++) {
      many.add(new DeclaredOutput("o" + i, "o" + i, 1, true));
    }
    assertThat(outputs(process, many.subList(0, DeclaredOutput.MOST))).isEqualTo("allow");
    assertThat(outputs(process, many)).isEqualTo("plan.outputs");
    assertThat(outputs(process, List.of(many.getFirst(), many.getFirst())))
        .isEqualTo("plan.outputs");
  }

  private String outputs(Invocation.NativeProcess process, List<DeclaredOutput> outputs) {
    return policy.rule(
        policy.plan(
            "bwrap",
            new Invocation.NativeProcess(
                process.argv(),
                process.executable(),
                process.cwd(),
                process.envNames(),
                process.envDigest(),
                process.executed(),
                process.dataArguments(),
                process.wholeArgvFromCaller(),
                outputs)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nohup", "nice", "timeout", "setsid", "stdbuf", "xargs"})
  void aWrapperIsRefusedAndItsInnerCommandNamed(String wrapper) {
    Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin", wrapper)), wrapper + " is not here");
    commands(wrapper);
    for (ExecutionPlan plan :
        List.of(
            policy.run(wrapper, "sh", "-c", "id"),
            policy.template(List.of(3), wrapper, "sh", "-c", "id"))) {
      Verdict verdict = policy.decide(plan);
      assertThat(verdict.rules().getFirst()).isEqualTo("command.wrapper");
      assertThat(verdict.denials().getFirst().detail()).contains("sh");
    }
  }

  @Test
  void withoutAGrammarACallerGivesNoArgv() {
    commands("sort");
    assertThat(run("sort --compress-program=sh a")).isEqualTo("command.no_grammar");
    assertThat(run("sort a")).isEqualTo("command.no_grammar");
  }

  @ParameterizedTest
  @ValueSource(strings = {"~/.ssh/id", "~/.SSH/id", "~/.aws/credentials", "~/.chitin/vault/header"})
  void aProtectedPathIsNoArgument(String path) {
    assertThat(run("cat " + path)).matches("builtin\\.paths\\[.*]|chitin\\.home");
    assertThat(run("head --lines=1 " + path)).matches("builtin\\.paths\\[.*]|chitin\\.home");
    assertThat(run("grep -f " + path + " a")).matches("builtin\\.paths\\[.*]|chitin\\.home");
    assertThat(run("date --ref=" + path)).matches("builtin\\.paths\\[.*]|chitin\\.home");
  }

  @Test
  void nothingIsExpandedInArguments() {
    assertThat(run("head $HOME/.ssh/id")).isEqualTo("path.variable");
    assertThat(run("cat ~/.aws/*")).isEqualTo("path.glob");
    assertThat(run("cat /proc/1/environ")).isEqualTo("path.magic_root");
    assertThat(run("cat ../../etc/passwd")).isEqualTo("path.parent_component");
    assertThat(policy.rule(policy.run("cat", "a\nb"))).isEqualTo("path.control_character");
    assertThat(policy.rule(policy.run("echo", "a\0b"))).isEqualTo("argument.nul");
  }

  @Test
  void aDeniedPlaceIsDeniedUnderTheNameThatItsMountGivesIt() {
    policy.denied = List.of("~/projects/secret");
    var process = (Invocation.NativeProcess) policy.run("cat", "/mnt/secret/a").invocation();
    ExecutionPlan plan =
        policy.plan(
            "bwrap",
            process,
            List.of(new Mount(policy.home + "/projects", "/mnt", false, "1:1")),
            List.of(),
            List.of());
    assertThat(policy.rule(plan)).isEqualTo("workspace.denied_paths[0]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-rf", "--", "-", ""})
  void dataThatLooksLikeAnOptionIsRefused(String value) {
    assertThat(policy.rule(policy.template(List.of(1), "cat", value))).startsWith("argument.");
    assertThat(policy.rule(policy.template(List.of(1), "echo", value))).startsWith("argument.");
    assertThat(policy.rule(policy.template(List.of(2), "echo", "--", value)))
        .startsWith("argument.");
    commands("sort");
    assertThat(policy.rule(policy.template(List.of(1), "sort", value))).startsWith("argument.");
    assertThat(policy.rule(policy.template(List.of(2), "sort", "--", value)))
        .startsWith("argument.");
  }

  @Test
  void dataBehindAnHonouredSeparatorIsAnOperand() {
    assertThat(policy.rule(policy.template(List.of(2), "cat", "--", "-rf"))).isEqualTo("allow");
    assertThat(policy.rule(policy.template(List.of(1, 2), "cat", "--", "-rf")))
        .isEqualTo("argument.leading_character");
    // Here the separator is the value of -n, so what follows would be read as options.
    assertThat(policy.rule(policy.template(List.of(3), "head", "-n", "--", "-q")))
        .isEqualTo("argument.leading_character");
  }

  @Test
  void dataOfAnUnknownProgramIsPlain() {
    commands("sort");
    assertThat(policy.rule(policy.template(List.of(1), "sort", "a.txt"))).isEqualTo("allow");
    for (String value : List.of("+1", "@file", "a\nb", "-o")) {
      assertThat(policy.rule(policy.template(List.of(1), "sort", value))).startsWith("argument.");
    }
    assertThat(policy.rule(policy.template(List.of(), "sort", "-o", "x"))).isEqualTo("allow");
  }

  @Test
  void aFlagOfTheOperatorThatTheGrammarDoesNotKnowDoesNotFreeTheData() {
    assertThat(policy.rule(policy.template(List.of(2), "ls", "--future", "a"))).isEqualTo("allow");
    assertThat(policy.rule(policy.template(List.of(2), "ls", "--future", "-a")))
        .startsWith("argument.");
  }

  @Test
  void everyInjectionOfTheCorpusIsOneLiteralArgumentOrRefused() throws IOException {
    int literal = 0;
    PolicySnapshot snapshot = policy.snapshot();
    for (String payload : Corpora.lines("commands/injection.txt")) {
      ExecutionPlan plan = policy.template(List.of(2), "printf", "%s", payload);
      Verdict verdict = snapshot.evaluate(plan);
      if (verdict.outcome() == Decision.Outcome.ALLOW) {
        literal++;
        var process = (Invocation.NativeProcess) plan.invocation();
        assertThat(process.argv()).hasSize(3).endsWith(payload);
      } else {
        assertThat(verdict.rules().getFirst()).startsWith("argument.");
      }
    }
    assertThat(literal).isGreaterThan(200);
  }

  @Test
  void aProgramThatIsNotGrantedIsRefusedWithTheGrantThatItLacks() {
    commands("cat");
    Verdict verdict = policy.decide(policy.run("ls"));
    assertThat(verdict.rules().getFirst()).isEqualTo("policy.grants.tool.ProcessExec");
    assertThat(verdict.denials().getFirst().hint())
        .isEqualTo("Add 'ls' to policy.grants.tool.ProcessExec.commands.");
  }

  @Test
  void anEmptyGrantOfCommandsSaysSo() {
    policy.granted = Capabilities.NONE;
    assertThat(policy.decide(policy.run("ls")).denials().getFirst().detail()).contains("empty");
  }

  @Test
  void aProgramThatIsNotDeclaredIsRefused() {
    policy.declared = new Capabilities(List.of("~/**"), List.of("~/**"), List.of(), List.of("cat"));
    assertThat(run("ls")).isEqualTo("tool.tool.capabilities.ProcessExec");
  }

  @Test
  void aProgramReplacedAfterLoadIsRefused() throws IOException {
    Path tool = program("tool-x", Files.readAllBytes(Path.of("/usr/bin/true")));
    commands(tool.toString());
    PolicySnapshot loaded = policy.snapshot();
    assertThat(loaded.evaluate(policy.template(List.of(), tool.toString())).outcome())
        .isEqualTo(Decision.Outcome.ALLOW);
    Files.write(tool, Files.readAllBytes(Path.of("/usr/bin/false")));
    Verdict verdict = loaded.evaluate(policy.template(List.of(), tool.toString()));
    assertThat(verdict.rules()).containsExactly("command.digest_changed");
    assertThat(verdict.denials().getFirst().hint()).contains("reload");
    assertThat(policy.rule(policy.template(List.of(), tool.toString()))).isEqualTo("allow");
  }

  private Path program(String name, byte[] content) throws IOException {
    Path file = policy.home.resolve(name);
    Files.write(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  @Test
  void aShellUnderAnotherNameIsRefused() throws IOException {
    Path link = policy.home.resolve("format");
    Files.createSymbolicLink(link, Path.of("/bin/sh"));
    Path copy = program("lint", Files.readAllBytes(Path.of("/bin/sh")));
    for (Path shell : List.of(link, copy)) {
      commands(shell.toString());
      assertThat(policy.rule(policy.template(List.of(), shell.toString())))
          .isEqualTo("command.shell");
    }
  }

  @Test
  void aShellIsGrantedByItsOwnNameOnly() {
    commands("sh");
    assertThat(policy.rule(policy.template(List.of(), "sh", "-c", "id"))).isEqualTo("allow");
    assertThat(run("sh -c id")).isEqualTo("command.no_grammar");
  }

  @Test
  void aLoaderIsRefusedAlsoAsARenamedCopy() throws IOException {
    Path loader = Path.of("/lib64/ld-linux-x86-64.so.2");
    Assumptions.assumeTrue(Files.exists(loader), "no loader here");
    Path copy = program("helper", Files.readAllBytes(loader));
    for (Path path : List.of(loader, copy)) {
      commands(path.toString());
      assertThat(policy.rule(policy.template(List.of(), path.toString(), "./tool")))
          .isEqualTo("command.loader");
    }
  }

  @Test
  void aWrapperUnderAnotherNameIsRefused() throws IOException {
    Path copy = program("calm", Files.readAllBytes(Path.of("/usr/bin/nice")));
    commands(copy.toString());
    assertThat(policy.rule(policy.template(List.of(), copy.toString(), "sh")))
        .isEqualTo("command.wrapper");
  }

  @Test
  void anAppletIsChosenByTheGrantedNameAlone() throws IOException {
    Path many = program("many", Files.readAllBytes(Path.of("/usr/bin/true")));
    Path applet = policy.home.resolve("cat");
    Files.createSymbolicLink(applet, many);
    commands(applet.toString());
    assertThat(policy.rule(policy.template(List.of(), applet.toString()))).isEqualTo("allow");
    assertThat(policy.rule(policy.template(List.of(), many.toString(), "sh")))
        .isEqualTo("policy.grants.tool.ProcessExec");
  }

  @Test
  void aScriptNeedsItsInterpreterGranted() throws IOException {
    Path script = program("job", "#!/bin/sh\nid\n".getBytes(StandardCharsets.UTF_8));
    commands(script.toString());
    assertThat(policy.rule(policy.template(List.of(), script.toString())))
        .isEqualTo("command.interpreter");
    commands(script.toString(), "sh");
    assertThat(policy.rule(policy.template(List.of(), script.toString()))).isEqualTo("allow");
  }

  @Test
  void aChangedPlanHasAnotherDigest() {
    SealedPlan first = SealedPlan.seal(policy.run("cat", "a"));
    assertThat(SealedPlan.seal(policy.run("cat", "a")).digest()).isEqualTo(first.digest());
    assertThat(SealedPlan.seal(policy.run("cat", "b")).digest()).isNotEqualTo(first.digest());
  }

  @Test
  void theFirstDenialAnswersAndTheOthersAreListed() {
    List<String> rules =
        new ArrayList<>(policy.decide(policy.run("cat", "../a", "~/.ssh/id")).rules());
    assertThat(rules).containsExactly("path.parent_component", "builtin.paths[~/.ssh]");
  }

  @Test
  void aPlanOfAnotherBackendIsRefused() {
    assertThat(policy.rule(policy.plan("file", policy.run("true").invocation())))
        .isEqualTo("plan.backend");
  }

  @Test
  void resolvingReadsAFileOnceAndSeesAChange() throws IOException {
    Path tool = program("tool-y", "one".getBytes(StandardCharsets.UTF_8));
    Digest first = policy.executables.resolve(tool.toString()).digest();
    assertThat(policy.executables.resolve(tool.toString()).digest()).isEqualTo(first);
    Files.write(tool, "two".getBytes(StandardCharsets.UTF_8));
    assertThat(policy.executables.resolve(tool.toString()).digest())
        .isEqualTo(Digest.ofUtf8("two"));
  }
}
