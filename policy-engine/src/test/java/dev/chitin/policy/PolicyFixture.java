package dev.chitin.policy;

import dev.chitin.bus.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A home with a workspace, and plans of one tool within it. */
final class PolicyFixture {
  static final String NODE = "node-1";
  static final List<String> SHIPPED =
      List.of(
          "true", "false", "echo", "printf", "cat", "head", "tail", "ls", "wc", "grep", "seq",
          "sleep", "date", "env", "id", "uname");

  final Path home;
  final Path workspace;
  final Executables executables = new Executables(List.of("/usr/bin", "/bin"));
  List<String> allowed = List.of("~/projects");
  List<String> denied = List.of("~/projects/secret");
  List<String> allowPrivate = List.of();
  WriteProtection protection = WriteProtection.FULL;
  Capabilities declared = new Capabilities(List.of("~/**"), List.of("~/**"), List.of(), SHIPPED);
  Capabilities granted =
      new Capabilities(
          List.of("~/.chitin/workspace", "~/projects"),
          List.of("~/.chitin/workspace", "~/projects"),
          List.of(),
          SHIPPED);

  PolicyFixture(Path directory) throws IOException {
    home = Files.createDirectories(directory.resolve("home")).toRealPath();
    workspace = Files.createDirectories(home.resolve(".chitin/workspace"));
    Files.createDirectories(home.resolve("projects/secret"));
  }

  PolicySettings settings() {
    return new PolicySettings(
        home.toString(),
        home.resolve(".chitin").toString(),
        "~/.chitin/workspace",
        allowed,
        denied,
        List.of("~/var/log"),
        Map.of("tool", granted),
        allowPrivate,
        List.of("/usr/bin", "/bin"),
        protection);
  }

  PolicySnapshot snapshot() {
    return PolicySnapshot.compile(settings(), executables, Judgement.PERMIT_WITHIN_CEILING);
  }

  Verdict decide(ExecutionPlan plan) {
    return snapshot().evaluate(plan);
  }

  /** The rule that decided, or {@code allow}. */
  String rule(ExecutionPlan plan) {
    Verdict verdict = decide(plan);
    return verdict.outcome() == Decision.Outcome.ALLOW ? "allow" : verdict.rules().getFirst();
  }

  ExecutionPlan plan(String backend, Invocation invocation) {
    return plan(backend, invocation, List.of(), List.of(), List.of());
  }

  ExecutionPlan plan(
      String backend,
      Invocation invocation,
      List<Mount> mounts,
      List<EgressRule> egress,
      List<CredentialRef> credentials) {
    PathRules rules = snapshot().paths();
    List<String> hidden =
        mounts.stream().flatMap(mount -> rules.deniedBelow(mount.source()).stream()).toList();
    return plan(backend, invocation, mounts, hidden, egress, credentials);
  }

  ExecutionPlan plan(
      String backend,
      Invocation invocation,
      List<Mount> mounts,
      List<String> hidden,
      List<EgressRule> egress,
      List<CredentialRef> credentials) {
    return new ExecutionPlan(
        "call-1",
        new Principal("tenant", "agent", java.util.Set.of("caller")),
        null,
        "tool",
        Digest.ofUtf8("definition"),
        declared,
        backend,
        invocation,
        mounts,
        hidden,
        egress,
        credentials,
        Limits.DEFAULT,
        Digest.ofUtf8("input"),
        Labels.UNATTRIBUTED,
        null,
        1_000,
        31_000,
        NODE);
  }

  /** {@code process_run}: the caller gives the whole argv. */
  ExecutionPlan run(String... argv) {
    return process(true, List.of(), argv);
  }

  /** A template tool; the elements whose index is in {@code data} came from the caller. */
  ExecutionPlan template(List<Integer> data, String... argv) {
    return process(false, data, argv);
  }

  ExecutionPlan process(boolean whole, List<Integer> data, String... argv) {
    List<Invocation.ExecutedFile> executed = new ArrayList<>();
    Executable program = executables.resolve(argv[0]);
    executed.add(new Invocation.ExecutedFile(program.path(), program.digest()));
    for (String inner : Ceiling.innerCommands(List.of(argv))) {
      executables
          .find(inner)
          .ifPresent(file -> executed.add(new Invocation.ExecutedFile(file.path(), file.digest())));
    }
    return plan(
        "bwrap",
        new Invocation.NativeProcess(
            List.of(argv),
            program.path(),
            workspace.toString(),
            List.of("HOME", "PATH"),
            Digest.ofUtf8("env"),
            executed,
            data,
            whole),
        List.of(new Mount(workspace.toString(), workspace.toString(), true, "1:1")),
        List.of(),
        List.of());
  }

  ExecutionPlan file(String operation, String requested, String resolved) {
    String root = snapshot().paths().rootOf(resolved).map(PathRules.Root::path).orElse("");
    return plan(
        "file",
        new Invocation.FileAccess(
            operation, new Invocation.FileTarget(requested, resolved, root, "1:1", true)));
  }

  ExecutionPlan file(String operation, Path path) {
    return file(operation, path.toString(), path.toString());
  }

  ExecutionPlan http(String scheme, String host, int port) {
    return plan(
        "http", new Invocation.HttpRequest("GET", scheme, host, port, "/", List.of(), null));
  }

  static List<Integer> indexes(int count) {
    return IntStream.range(0, count).boxed().toList();
  }
}
