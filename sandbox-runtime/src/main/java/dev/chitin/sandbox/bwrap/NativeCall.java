package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.backend.PreparedCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A prepared call checked for what this backend can do exactly: everything that cannot be carried
 * out as the plan says is refused here, before anything is started.
 *
 * @param plan the plan
 * @param process what is executed
 * @param call with the values that the plan holds by digest
 */
record NativeCall(ExecutionPlan plan, Invocation.NativeProcess process, PreparedCall call) {
  /** Linux takes no longer single argument (MAX_ARG_STRLEN with its NUL). */
  private static final int MOST_ARGUMENT_BYTES = 131_071;

  /** Of the 2 MiB that Linux takes for arguments with a stack limit of 8 MiB. */
  private static final int MOST_ARGUMENTS_BYTES = 1_900_000;

  private static final int MOST_ENVIRONMENT_BYTES = 65_536;

  private static final Set<String> CODE_IN_ENVIRONMENT =
      Set.of(
          "BASH_ENV",
          "ENV",
          "GCONV_PATH",
          "GLIBC_TUNABLES",
          "IFS",
          "JAVA_TOOL_OPTIONS",
          "JDK_JAVA_OPTIONS",
          "LESSOPEN",
          "NODE_OPTIONS",
          "PAGER",
          "PROMPT_COMMAND",
          "PS4",
          "PYTHONSTARTUP",
          "PERL5OPT",
          "RUBYOPT");

  static NativeCall of(PreparedCall call) {
    ExecutionPlan plan = call.plan().plan();
    if (!(plan.invocation() instanceof Invocation.NativeProcess process)) {
      throw new IllegalArgumentException("not a plan for a native process");
    }
    var checked = new NativeCall(plan, process, call);
    checked.checkArguments();
    checked.checkEnvironment();
    checked.checkEgress();
    checked.checkPaths();
    return checked;
  }

  Limits limits() {
    return plan.limits();
  }

  SandboxSpec spec() {
    return SandboxSpec.of(plan);
  }

  Admission.Party party() {
    return new Admission.Party(plan.principal().tenant(), plan.principal().id());
  }

  private void checkArguments() {
    if (process.argv().isEmpty()) {
      throw invalid("The argument vector is empty.", "Name a program.");
    }
    long total = 0;
    for (int i = 0; i < process.argv().size(); i++) {
      String argument = process.argv().get(i);
      int length = argument.getBytes(StandardCharsets.UTF_8).length;
      if (argument.indexOf('\0') >= 0) {
        throw invalid("Argument " + i + " holds NUL.", "Remove it; no argument can hold one.");
      }
      if (length > MOST_ARGUMENT_BYTES) {
        throw invalid(
            "Argument " + i + " has " + length + " bytes; Linux takes " + MOST_ARGUMENT_BYTES + ".",
            "Give it on standard input or in a file.");
      }
      total += length + 9;
    }
    if (total > MOST_ARGUMENTS_BYTES) {
      throw invalid(
          "The arguments have " + total + " bytes together; at most " + MOST_ARGUMENTS_BYTES + ".",
          "Give them on standard input or in a file.");
    }
  }

  private void checkEnvironment() {
    Map<String, String> environment = call.environment();
    JsonValue.Builder object = JsonValue.object();
    environment.forEach(object::put);
    Digest digest = Digest.of(CanonicalJson.bytes(object.build()));
    if (!digest.equals(process.envDigest())
        || !environment.keySet().equals(Set.copyOf(process.envNames()))) {
      throw Problem.of(
              ProblemCode.POLICY_DECISION_INVALID,
              "The environment is not the one that was decided.")
          .withHint("Plan the call again.")
          .toException();
    }
    int bytes = 0;
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (!name.matches("[A-Za-z_][A-Za-z0-9_]{0,127}") || carriesCode(name)) {
        throw invalid(
            "The environment variable " + printable(name) + " is not allowed.", "Drop it.");
      }
      if (variable.getValue().indexOf('\0') >= 0) {
        throw invalid("The value of " + name + " holds NUL.", "Remove it.");
      }
      bytes += name.length() + variable.getValue().getBytes(StandardCharsets.UTF_8).length + 10;
    }
    if (bytes > MOST_ENVIRONMENT_BYTES) {
      throw invalid("The environment has " + bytes + " bytes; at most 65,536.", "Shorten it.");
    }
  }

  private static boolean carriesCode(String name) {
    return name.startsWith("LD_")
        || name.startsWith("GIT_")
        || CODE_IN_ENVIRONMENT.contains(name.toUpperCase(Locale.ROOT));
  }

  private static String printable(String name) {
    return name.length() > 64 || !name.matches("\\p{Graph}+") ? "with an unprintable name" : name;
  }

  private void checkEgress() {
    if (!plan.egress().isEmpty() || !call.leases().isEmpty()) {
      throw Problem.of(
              ProblemCode.CONFIG_NOT_BUILT,
              "A native process cannot be given network destinations or credentials here.")
          .withHint("Use a tool with run.http for requests that carry a credential.")
          .toException();
    }
  }

  private void checkPaths() {
    if (!process.executable().startsWith("/") || !process.cwd().startsWith("/")) {
      throw new IllegalArgumentException("executable and cwd of a plan are absolute");
    }
    for (Mount mount : plan.mounts()) {
      if (!process.outputs().isEmpty()
          && Path.of(mount.target()).startsWith(DeclaredOutput.DIRECTORY)) {
        throw invalid(
            "The mount target " + mount.target() + " lies in the directory for outputs.",
            "Mount it elsewhere.");
      }
      SandboxLayout.targetFault(mount.target())
          .ifPresent(
              fault -> {
                throw invalid(
                    "The mount target " + mount.target() + " " + fault + ".",
                    "Mount it elsewhere.");
              });
    }
  }

  /**
   * Whether looking {@code argv[0]} up inside gives exactly the plan's executable, so that it can
   * be handed over as it stands. What lies outside of the system's own directories is not looked
   * up.
   */
  boolean lookUpFindsExecutable() throws IOException {
    String name = process.argv().getFirst();
    Optional<Path> found = name.contains("/") ? system(name) : Optional.empty();
    if (!name.contains("/")) {
      for (String directory : call.environment().getOrDefault("PATH", "").split(":", -1)) {
        Optional<Path> candidate = system(directory + "/" + name);
        if (candidate.isEmpty() && !isSystem(directory)) {
          return false;
        }
        if (candidate.isPresent()) {
          found = candidate;
          break;
        }
      }
    }
    return found.isPresent() && found.get().toRealPath().equals(Path.of(process.executable()));
  }

  private static Optional<Path> system(String path) {
    return isSystem(path) && Files.isExecutable(Path.of(path))
        ? Optional.of(Path.of(path))
        : Optional.empty();
  }

  private static boolean isSystem(String path) {
    return !path.contains("..")
        && (path.startsWith("/usr/")
            || path.equals("/bin")
            || path.equals("/sbin")
            || path.startsWith("/bin/")
            || path.startsWith("/sbin/"));
  }

  /** The vector for bwrap when it cannot set {@code argv[0]} apart from the file. */
  List<String> withExecutable() {
    var vector = new ArrayList<>(process.argv());
    vector.set(0, process.executable());
    return vector;
  }

  private static ChitinException invalid(String detail, String hint) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, detail).withHint(hint).toException();
  }
}
