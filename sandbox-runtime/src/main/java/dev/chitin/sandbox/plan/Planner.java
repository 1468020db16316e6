package dev.chitin.sandbox.plan;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.EgressRule;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Mount;
import dev.chitin.policy.RequestPath;
import dev.chitin.policy.SealedPlan;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns a call into one exact plan: templates filled, paths and programs resolved, mounts, egress
 * and credentials named. Asks the file system, so it runs off the event loops.
 */
public final class Planner {
  private final PlannerSettings settings;
  private final World world;

  public Planner(PlannerSettings settings, World world) {
    this.settings = settings;
    this.world = world;
  }

  /**
   * Whether a plan of {@code run} needs nothing of the machine and may be made on an event loop.
   */
  public static boolean isPure(ToolDefinition.Run run) {
    return run instanceof ToolDefinition.Run.VerticleCall
        || run instanceof ToolDefinition.Run.HttpRequest
        || run instanceof ToolDefinition.Run.Fetch;
  }

  /**
   * Plans {@code call}.
   *
   * @throws dev.chitin.bus.ChitinException when the arguments cannot be turned into a plan
   */
  public PreparedPlan plan(ToolDefinition tool, ToolCall call, Deadline deadline) {
    JsonValue.Obj arguments = call.arguments();
    return switch (tool.run()) {
      case ToolDefinition.Run.FileOperation file -> {
        Invocation.FileTarget target = world.resolve(path(text(arguments, "path")));
        yield seal(
            new Draft(tool, call, deadline, "file")
                .invocation(new Invocation.FileAccess(file.operation(), target)));
      }
      case ToolDefinition.Run.Argv argv -> callersProcess(tool, call, deadline);
      case ToolDefinition.Run.NativeProcess process -> process(tool, process, call, deadline);
      case ToolDefinition.Run.Fetch fetch ->
          seal(http(tool, call, deadline, RequestLine.ofFetch(arguments)));
      case ToolDefinition.Run.HttpRequest http ->
          seal(http(tool, call, deadline, RequestLine.ofTemplate(http, arguments)));
      case ToolDefinition.Run.VerticleCall verticle ->
          seal(
              new Draft(tool, call, deadline, "verticle")
                  .invocation(new Invocation.VerticleCall(verticle.address())));
    };
  }

  private PreparedPlan process(
      ToolDefinition tool,
      ToolDefinition.Run.NativeProcess process,
      ToolCall call,
      Deadline deadline) {
    List<String> argv = new ArrayList<>();
    List<Integer> data = new ArrayList<>();
    for (String element : process.argv()) {
      if (Template.hasPlaces(element)) {
        data.add(argv.size());
      }
      argv.add(Template.fill(element, call.arguments(), text -> text));
    }
    return nativePlan(
        new Draft(tool, call, deadline, "bwrap").outputs(process.outputs()),
        argv,
        data,
        environment(process),
        null,
        Bytes.EMPTY);
  }

  private static Map<String, String> environment(ToolDefinition.Run.NativeProcess process) {
    Map<String, String> environment = Environment.of(process.env());
    if (!process.outputs().isEmpty()) {
      environment.put(DeclaredOutput.VARIABLE, DeclaredOutput.DIRECTORY);
    }
    return environment;
  }

  private PreparedPlan callersProcess(ToolDefinition tool, ToolCall call, Deadline deadline) {
    JsonValue.Obj arguments = call.arguments();
    if (!(arguments.get("argv") instanceof JsonValue.Arr list)) {
      throw missing("argv");
    }
    List<String> argv = new ArrayList<>();
    for (JsonValue item : list.items()) {
      argv.add(item instanceof JsonValue.Str string ? string.value() : CanonicalJson.string(item));
    }
    String asked =
        arguments.get("cwd") instanceof JsonValue.Str given
            ? world.resolve(path(given.value())).resolved()
            : null;
    Bytes stdin =
        arguments.get("stdin") instanceof JsonValue.Str given
            ? Bytes.adopt(given.value().getBytes(StandardCharsets.UTF_8))
            : Bytes.EMPTY;
    return nativePlan(
        new Draft(tool, call, deadline, "bwrap").wholeArgvFromCaller(),
        argv,
        List.of(),
        Environment.of(Map.of()),
        asked,
        stdin);
  }

  private PreparedPlan nativePlan(
      Draft draft,
      List<String> argv,
      List<Integer> data,
      Map<String, String> environment,
      @Nullable String asked,
      Bytes stdin) {
    String command = argv.getFirst();
    Invocation.ExecutedFile program =
        world
            .executable(command)
            .orElseThrow(
                () ->
                    Problem.of(
                            ProblemCode.POLICY_COMMAND_DENIED,
                            "There is no program of that name on this gateway.")
                        .withRule("command.not_found")
                        .withHint("Name one that the tool's ProcessExec capability lists.")
                        .toException());
    List<Mount> mounts = world.mounts(draft.tool);
    String cwd = asked == null ? start(draft.tool, mounts) : seen(draft.tool, mounts, asked);
    List<Invocation.ExecutedFile> executed = new ArrayList<>(List.of(program));
    world.innerCommands(argv).forEach(inner -> world.executable(inner).ifPresent(executed::add));
    draft.mounts = mounts;
    draft.hidden = world.hidden(mounts);
    draft.profile = settings.sandboxProfile();
    draft.invocation(
        new Invocation.NativeProcess(
            argv,
            program.path(),
            cwd,
            List.copyOf(new TreeSet<>(environment.keySet())),
            digest(environment),
            executed,
            data,
            draft.wholeArgv,
            draft.outputs));
    return new PreparedPlan(SealedPlan.seal(draft.build(settings)), environment, stdin);
  }

  /**
   * Where a tool starts whose caller names no directory: the workspace, or what the sandbox has for
   * itself if the tool is not to see the workspace. A workspace that is missing is a fault.
   */
  private String start(ToolDefinition tool, List<Mount> mounts) {
    String workspace = settings.workspace();
    return isSeen(mounts, workspace) || !world.resolve(workspace).exists()
        ? seen(tool, mounts, workspace)
        : Invocation.NativeProcess.SCRATCH;
  }

  private static String seen(ToolDefinition tool, List<Mount> mounts, String cwd) {
    if (!isSeen(mounts, cwd)) {
      throw Problem.of(
              ProblemCode.POLICY_PATH_DENIED, "The working directory is not one the tool may see.")
          .withRule("tool." + tool.name() + ".capabilities.FileRead")
          .withHint(
              "Start in a directory that is there and that the tool's FileRead or FileWrite names.")
          .toException();
    }
    return cwd;
  }

  private static boolean isSeen(List<Mount> mounts, String path) {
    return mounts.stream().anyMatch(mount -> contains(mount.target(), path));
  }

  private static boolean contains(String directory, String path) {
    return path.equals(directory) || path.startsWith(directory + "/");
  }

  private Draft http(ToolDefinition tool, ToolCall call, Deadline deadline, RequestLine line) {
    var draft = new Draft(tool, call, deadline, "http");
    draft.egress = List.of(new EgressRule(line.scheme(), line.host(), line.port()));
    return draft.invocation(line.toInvocation());
  }

  private String path(String raw) {
    return RequestPath.canonical(raw, settings.home(), settings.workspace());
  }

  private static String text(JsonValue.Obj arguments, String name) {
    if (arguments.get(name) instanceof JsonValue.Str string) {
      return string.value();
    }
    throw missing(name);
  }

  private static RuntimeException missing(String name) {
    return Problem.of(
            ProblemCode.REQUEST_ARGUMENTS_INVALID, "The argument " + name + " has another type.")
        .toException();
  }

  /** The digest of an environment: over the canonical JSON of name → value. */
  public static Digest digest(Map<String, String> environment) {
    JsonValue.Builder object = JsonValue.object();
    environment.forEach(object::put);
    return Digest.of(CanonicalJson.bytes(object.build()));
  }

  private PreparedPlan seal(Draft draft) {
    return new PreparedPlan(SealedPlan.seal(draft.build(settings)), Map.of(), Bytes.EMPTY);
  }

  /** Collects what the kinds of plan differ in. */
  private static final class Draft {
    private final ToolDefinition tool;
    private final ToolCall call;
    private final Deadline deadline;
    private final String backend;
    private Invocation invocation;
    private List<Mount> mounts = List.of();
    private List<String> hidden = List.of();
    private List<EgressRule> egress = List.of();
    private @Nullable Digest profile;
    private boolean wholeArgv;
    private List<DeclaredOutput> outputs = List.of();

    Draft(ToolDefinition tool, ToolCall call, Deadline deadline, String backend) {
      this.tool = tool;
      this.call = call;
      this.deadline = deadline;
      this.backend = backend;
      this.invocation = new Invocation.VerticleCall("");
    }

    Draft invocation(Invocation invocation) {
      this.invocation = invocation;
      return this;
    }

    Draft outputs(List<DeclaredOutput> outputs) {
      this.outputs = outputs;
      return this;
    }

    Draft wholeArgvFromCaller() {
      wholeArgv = true;
      return this;
    }

    ExecutionPlan build(PlannerSettings settings) {
      long now = System.currentTimeMillis();
      return new ExecutionPlan(
          call.callId(),
          call.principal(),
          call.session(),
          tool.name(),
          tool.digest(),
          tool.capabilities(),
          backend,
          invocation,
          mounts,
          hidden,
          egress,
          tool.credentials(),
          tool.limits(),
          Digest.of(CanonicalJson.bytes(call.arguments())),
          Labels.UNATTRIBUTED,
          profile,
          now,
          now + deadline.remainingMillis(),
          settings.node());
    }
  }
}
