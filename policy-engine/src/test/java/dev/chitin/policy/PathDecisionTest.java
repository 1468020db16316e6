package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathDecisionTest {
  @TempDir Path directory;
  private PolicyFixture policy;

  @BeforeEach
  void home() throws IOException {
    policy = new PolicyFixture(directory);
  }

  @Test
  void aFileOfTheWorkspaceIsReadAndWritten() {
    assertThat(policy.rule(policy.file("read", policy.workspace.resolve("a.txt"))))
        .isEqualTo("allow");
    assertThat(policy.rule(policy.file("write", policy.workspace.resolve("a.txt"))))
        .isEqualTo("allow");
    assertThat(policy.rule(policy.file("list", policy.workspace))).isEqualTo("allow");
  }

  @Test
  void anAllowIsExplainedByTheDefaultPermit() {
    Verdict verdict = policy.decide(policy.file("read", policy.workspace.resolve("a.txt")));
    assertThat(verdict.rules()).containsExactly("policy.default_permit");
  }

  @Test
  void aSiblingWhoseNameBeginsLikeARootIsOutside() {
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects-evil/x"))))
        .isEqualTo("workspace.roots");
  }

  @Test
  void aLinkIsJudgedByItsTargetAndByItsName() {
    String link = policy.workspace + "/link";
    assertThat(policy.rule(policy.file("read", link, "/etc/passwd"))).isEqualTo("workspace.roots");
    assertThat(policy.rule(policy.file("read", link, policy.home + "/projects/a")))
        .isEqualTo("allow");
    assertThat(policy.rule(policy.file("read", link, policy.home + "/projects/secret/a")))
        .isEqualTo("workspace.denied_paths[0]");
    assertThat(
            policy.rule(
                policy.file("read", policy.home + "/projects/secret/l", policy.workspace + "/a")))
        .isEqualTo("workspace.denied_paths[0]");
  }

  @Test
  void aHintNeverNamesWhereALinkLeads() {
    Verdict verdict =
        policy.decide(policy.file("read", policy.workspace + "/link", "/srv/other/tenant"));
    assertThat(verdict.denials().getFirst().hint()).doesNotContain("/srv");
    assertThat(verdict.denials().getFirst().detail()).doesNotContain("/srv");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".git/hooks/post-commit", ".git/config", "sub/.git/hooks/x", ".bashrc", ".mcp.json",
        ".envrc", ".GIT/Hooks/x", ".vscode/tasks.json", ".github/workflows/x.yml", ".ssh/config",
        ".g\u200cit/hooks/x", ".gitmodules", ".claude/settings.json", ".chitin/x",
            ".git/info/attributes",
        "a/.zshenv", "cron.d/job", "Library/LaunchAgents/x.plist", ".config/systemd/user/x.service"
      })
  void whatALaterProgramObeysIsNotWritten(String name) {
    Path path = policy.workspace.resolve(name);
    assertThat(policy.rule(policy.file("write", policy.workspace + "/x", path.toString())))
        .startsWith("builtin.");
  }

  @Test
  void whatIsOnlyWriteDeniedCanBeRead() {
    assertThat(policy.rule(policy.file("read", policy.workspace.resolve(".git/config"))))
        .isEqualTo("allow");
    assertThat(policy.rule(policy.file("write", policy.workspace.resolve(".git/index"))))
        .isEqualTo("allow");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".ssh/id",
        ".SSH/id",
        ".aws/credentials",
        ".config/gcloud/x",
        ".netrc",
        ".Netrc",
        ".bash_history",
        ".mozilla/firefox/x",
        ".git-credentials"
      })
  void keysAreDeniedEvenBelowAnAllowedHome(String name) {
    policy.allowed = List.of("~");
    policy.granted = new Capabilities(List.of("~"), List.of("~"), List.of(), List.of());
    assertThat(policy.rule(policy.file("read", policy.home.resolve(name))))
        .startsWith("builtin.paths[");
  }

  @ParameterizedTest
  @ValueSource(strings = {".ssh/id", "a/.AWS/credentials", "a/b/.npmrc", ".docker/config.json"})
  void credentialsAreReadNowhereInTheRoots(String name) {
    assertThat(policy.rule(policy.file("read", policy.workspace.resolve(name))))
        .startsWith("builtin.paths[");
    assertThat(policy.rule(policy.file("read", policy.workspace.resolve("docker/config.json"))))
        .isEqualTo("allow");
  }

  @Test
  void anOperatorMayGiveUpWriteDenialsByName() {
    ExecutionPlan settings = policy.file("write", policy.workspace.resolve("a/.VSCode/x"));
    ExecutionPlan hook = policy.file("write", policy.workspace.resolve(".git/hooks/x"));
    Verdict denied = policy.decide(settings);
    assertThat(denied.rules()).contains("builtin.write[.vscode]");
    assertThat(denied.denials().getFirst().hint()).contains("sandbox.unprotected: [\".vscode\"]");
    String version = policy.snapshot().version();
    policy.protection = WriteProtection.without(List.of(".vscode"));
    assertThat(policy.rule(settings)).isEqualTo("allow");
    assertThat(policy.rule(hook)).isEqualTo("builtin.write[.git/hooks]");
    assertThat(policy.snapshot().version()).isNotEqualTo(version);
  }

  @Test
  void whatIsGivenUpHasToBeKnownAndNoPlaceOfCredentials() {
    assertThatThrownBy(() -> WriteProtection.without(List.of(".vsocde")))
        .hasMessageContaining(".vsocde is no protected path")
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.CONFIG_INVALID);
              assertThat(e.problem().hint()).contains("nearest known one is .vscode");
            });
    for (String name : List.of(".ssh", ".npmrc", ".envrc")) {
      assertThatThrownBy(() -> WriteProtection.without(List.of(name)))
          .hasMessageContaining("credentials");
    }
    policy.protection = WriteProtection.without(WriteProtection.overridable());
    for (String name : List.of(".ssh/config", ".env", ".npmrc")) {
      assertThat(policy.rule(policy.file("write", policy.workspace.resolve(name))))
          .startsWith("builtin.paths[");
    }
  }

  @Test
  void environmentFilesAreNotRead() {
    assertThat(policy.rule(policy.file("read", policy.workspace.resolve("app/.env.local"))))
        .isEqualTo("builtin.paths[.env*]");
  }

  @Test
  void aDecomposedSpellingOfADeniedNameIsDenied() {
    policy.denied = List.of("~/projects/gehe\u00edm");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/GEHEI\u0301M/x"))))
        .isEqualTo("path.plan");
    assertThat(
            policy.rule(
                policy.file(
                    "read", policy.home + "/projects/x", policy.home + "/projects/GEHEI\u0301M/x")))
        .isEqualTo("workspace.denied_paths[0]");
  }

  @Test
  void denialWinsAtEveryDepth() {
    policy.allowed = List.of("~/projects", "~/projects/secret/open");
    policy.granted = new Capabilities(List.of("~/projects/**"), List.of(), List.of(), List.of());
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/secret/open/a"))))
        .isEqualTo("workspace.denied_paths[0]");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/secret"))))
        .isEqualTo("workspace.denied_paths[0]");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/secrets"))))
        .isEqualTo("allow");
  }

  @Test
  void aDeniedChildrenPatternDeniesAllBelow() {
    policy.denied = List.of("~/projects/*");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/a/b/c"))))
        .isEqualTo("workspace.denied_paths[0]");
    assertThat(policy.rule(policy.file("list", policy.home.resolve("projects"))))
        .isEqualTo("allow");
  }

  @Test
  void chitinsHomeIsClosedButForItsWorkspace() {
    policy.allowed = List.of("~");
    policy.granted = new Capabilities(List.of("~"), List.of("~"), List.of(), List.of());
    for (String name : List.of(".chitin/vault/header", ".CHITIN/audit", ".chitin", "var/log/x")) {
      assertThat(policy.rule(policy.file("read", policy.home.resolve(name))))
          .as(name)
          .isEqualTo("chitin.home");
    }
    assertThat(policy.rule(policy.file("read", policy.home.resolve(".chitin/workspace/a"))))
        .isEqualTo("allow");
  }

  @Test
  void aRootInChitinsHomeIsRefusedAtLoad() {
    policy.allowed = List.of("~/.chitin/vault");
    assertThatThrownBy(() -> policy.snapshot())
        .isInstanceOf(ChitinException.Invalid.class)
        .hasMessageContaining("workspace.allowed_paths[0]");
  }

  @Test
  void aDenialFollowsTheLinkThatItNames() throws IOException {
    Path target = Files.createDirectories(policy.home.resolve("projects/keys"));
    Files.createSymbolicLink(policy.home.resolve(".ssh"), target);
    assertThat(policy.rule(policy.file("read", target.resolve("id"))))
        .isEqualTo("builtin.paths[~/.ssh]");
  }

  @Test
  void theCeilingIsTheIntersectionOfPatterns() {
    policy.declared = new Capabilities(List.of("~/projects/**"), List.of(), List.of(), List.of());
    policy.granted = new Capabilities(List.of("~/projects/a"), List.of(), List.of(), List.of());
    Ceiling ceiling = policy.snapshot().ceiling("tool", policy.declared);
    assertThat(ceiling.trees(PathRules.Access.READ)).containsExactly(policy.home + "/projects/a");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/a/x"))))
        .isEqualTo("allow");
    Verdict denied = policy.decide(policy.file("read", policy.home.resolve("projects/b")));
    assertThat(denied.rules()).containsExactly("policy.grants.tool.FileRead");
    assertThat(denied.denials().getFirst().hint())
        .isEqualTo("Add '" + policy.home + "/projects/b' to policy.grants.tool.FileRead.paths.");
  }

  @Test
  void applyingTheHintAllowsThatCallAndNoSibling() {
    policy.granted = new Capabilities(List.of("~/projects/a"), List.of(), List.of(), List.of());
    ExecutionPlan b = policy.file("read", policy.home.resolve("projects/b"));
    String hint = policy.decide(b).denials().getFirst().hint();
    String pattern = Objects.requireNonNull(hint).split("'", -1)[1];
    policy.granted =
        new Capabilities(List.of("~/projects/a", pattern), List.of(), List.of(), List.of());
    assertThat(policy.rule(b)).isEqualTo("allow");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/c"))))
        .isEqualTo("policy.grants.tool.FileRead");
  }

  @Test
  void anUndeclaredPathIsDeniedWhateverIsGranted() {
    policy.declared = new Capabilities(List.of("~/projects/a"), List.of(), List.of(), List.of());
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/b"))))
        .isEqualTo("tool.tool.capabilities.FileRead");
  }

  @Test
  void anEmptyGrantAllowsNothingAndSaysSo() {
    policy.granted = Capabilities.NONE;
    Verdict verdict = policy.decide(policy.file("read", policy.workspace.resolve("a")));
    assertThat(verdict.denials().getFirst().detail()).contains("empty");
  }

  @Test
  void readingIsNoRightToWrite() {
    policy.granted = new Capabilities(List.of("~/projects"), List.of(), List.of(), List.of());
    assertThat(policy.rule(policy.file("write", policy.home.resolve("projects/a"))))
        .isEqualTo("policy.grants.tool.FileWrite");
  }

  @Test
  void oneLevelReachesOneLevel() {
    policy.granted = new Capabilities(List.of("~/projects/*"), List.of(), List.of(), List.of());
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/a"))))
        .isEqualTo("allow");
    assertThat(policy.rule(policy.file("read", policy.home.resolve("projects/a/b"))))
        .isEqualTo("policy.grants.tool.FileRead");
    assertThat(policy.rule(policy.file("list", policy.home.resolve("projects"))))
        .isEqualTo("policy.grants.tool.FileRead");
  }

  @Test
  void aMountIsHeldToTheSameRules() {
    policy.allowed = List.of("~", "~/projects");
    policy.granted =
        new Capabilities(List.of("~"), List.of("~/projects/a"), List.of(), PolicyFixture.SHIPPED);
    assertThat(mountRule("projects", false)).isEqualTo("allow");
    assertThat(mountRule("projects/a", true)).isEqualTo("allow");
    assertThat(mountRule("projects", true)).isEqualTo("policy.grants.tool.FileWrite");
    assertThat(mountRule(".ssh", false)).isEqualTo("builtin.paths[~/.ssh]");
    assertThat(mountRule(".chitin", false)).isEqualTo("chitin.home");
    assertThat(mountRule("", false)).isEqualTo("chitin.home");
    assertThat(mountRule("projects/.git/hooks", true)).isEqualTo("builtin.write[.git/hooks]");
    assertThat(mountRule("projects/../.ssh", false)).isEqualTo("path.mount");
  }

  private String mountRule(String name, boolean writable) {
    ExecutionPlan run = policy.run("true");
    String source = name.isEmpty() ? policy.home.toString() : policy.home + "/" + name;
    return policy.rule(
        policy.plan(
            "bwrap",
            run.invocation(),
            List.of(new Mount(source, "/mnt", writable, "1:1")),
            List.of(),
            List.of()));
  }

  @Test
  void aMountKnowsWhatHasToBeCoveredInIt() {
    policy.denied = List.of("~/projects/secret", "~/elsewhere");
    PathRules rules = policy.snapshot().paths();
    assertThat(rules.deniedBelow(policy.home + "/projects"))
        .containsExactly(policy.home + "/projects/secret");
    assertThat(rules.deniedBelow(policy.home.toString()))
        .contains(policy.home + "/.ssh", policy.home + "/elsewhere");
  }

  @Test
  void aMountThatDoesNotHideADeniedPlaceIsRefused() {
    policy.denied = List.of("~/projects/secret");
    policy.allowed = List.of("~/projects");
    policy.granted =
        new Capabilities(List.of("~/projects"), List.of(), List.of(), PolicyFixture.SHIPPED);
    assertThat(mountRule("projects", false)).isEqualTo("allow");
    ExecutionPlan open =
        policy.plan(
            "bwrap",
            policy.run("true").invocation(),
            List.of(new Mount(policy.home + "/projects", "/mnt", false, "1:1")),
            List.of(),
            List.of(),
            List.of());
    assertThat(policy.rule(open)).isEqualTo("path.hidden");
  }

  @Test
  void aPlannedRootThatIsNotTheRootIsRefused() {
    ExecutionPlan plan =
        policy.plan(
            "file",
            new Invocation.FileAccess(
                "read",
                new Invocation.FileTarget(
                    policy.workspace + "/a", policy.workspace + "/a", "/", "1:1", true)));
    assertThat(policy.rule(plan)).isEqualTo("workspace.roots");
  }

  @Test
  void rootsAreListedWithTheirLinksFollowed() throws IOException {
    Path real = Files.createDirectories(directory.resolve("real")).toRealPath();
    Files.createSymbolicLink(policy.home.resolve("linked"), real);
    policy.allowed = List.of("~/linked");
    assertThat(policy.snapshot().paths().roots())
        .contains(new PathRules.Root("workspace.allowed_paths[0]", real.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"~/a*b", "relative", "~/a/../b", "~/**/x", "/a/[b]"})
  void aPatternOfAnotherShapeIsRefusedAtLoad(String pattern) {
    policy.granted = new Capabilities(List.of(pattern), List.of(), List.of(), List.of());
    assertThatThrownBy(() -> policy.snapshot())
        .isInstanceOf(ChitinException.Invalid.class)
        .hasMessageContaining("policy.grants.tool.FileRead.paths[0]");
  }
}
