package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.NearestName;
import dev.chitin.gateway.llm.Dialect;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.policy.Capabilities;
import dev.chitin.sandbox.LimitSettings;
import dev.chitin.sandbox.LimitValues;
import dev.chitin.sandbox.ShippedTools;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolDefinitionReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads which tools there are and what each is granted, of a checked configuration. */
final class ToolSettingsReader {
  private final List<JsonValue> declarations;
  private final JsonFields workspace;
  private final JsonFields policy;
  private final ChitinHome home;

  /**
   * Takes the sections.
   *
   * @param declarations the operator's own tools
   */
  ToolSettingsReader(
      List<JsonValue> declarations, JsonFields workspace, JsonFields policy, ChitinHome home) {
    this.declarations = declarations;
    this.workspace = workspace;
    this.policy = policy;
    this.home = home;
  }

  /** The workspace's directory. */
  String workspacePath() {
    return workspace.string("path").orElse(home.workspace().toString());
  }

  /** What each tool is granted: the operator's word, else what suits a shipped tool. */
  Map<String, Capabilities> grants() {
    List<String> roots = new ArrayList<>();
    roots.add(workspacePath());
    roots.addAll(workspace.strings("allowed_paths").orElse(List.of()));
    var read = new Capabilities(roots, List.of(), List.of(), List.of());
    Map<String, Capabilities> grants = new HashMap<>();
    grants.put("fs_read", read);
    grants.put("fs_list", read);
    grants.put("fs_search", read);
    grants.put("fs_write", new Capabilities(List.of(), roots, List.of(), List.of()));
    grants.put("http_fetch", Capabilities.NONE);
    grants.put(
        "process_run",
        new Capabilities(roots, List.of(), List.of(), ShippedTools.DEFAULT_COMMANDS));
    policy
        .object("grants")
        .ifPresent(
            named ->
                named
                    .members()
                    .forEach(
                        (tool, value) ->
                            grants.put(
                                tool,
                                ToolDefinitionReader.capabilities(
                                    JsonFields.of(value, "/policy/grants/" + tool)))));
    return grants;
  }

  /**
   * The tools that are shipped and those that are declared.
   *
   * @param grants what each is granted; a declaration's own word is added for tools that have none
   */
  List<ToolDefinition> tools(Map<String, Capabilities> grants, LimitSettings limits) {
    List<ToolDefinition> tools = new ArrayList<>();
    Map<String, Function<Capabilities, ToolDefinition>> shipped =
        Map.of(
            "fs_read", ShippedTools::fsRead,
            "fs_write", ShippedTools::fsWrite,
            "fs_list", ShippedTools::fsList,
            "fs_search", ShippedTools::fsSearch,
            "http_fetch", ShippedTools::httpFetch,
            "process_run", ShippedTools::processRun);
    shipped.forEach(
        (name, make) ->
            tools.add(
                make.apply(granted(grants, name)).withLimits(limits.of(name, LimitValues.NONE))));
    for (int i = 0; i < declarations.size(); i++) {
      ToolDefinition tool = ToolDefinitionReader.read(declarations.get(i), "/tools/" + i);
      LlmSettings.refuseName(tool.name());
      tools.add(
          tool.withLimits(limits.of(tool.name(), ownLimits(declarations.get(i), "/tools/" + i))));
      // The operator's own declaration grants what it declares, unless policy.grants says
      // otherwise.
      grants.putIfAbsent(tool.name(), tool.capabilities());
    }
    var names = new TreeSet<>(tools.stream().map(ToolDefinition::name).toList());
    limits.check(names);
    refuseGrantsOfNobody(names);
    tools.forEach(ToolSettingsReader::refuseNetwork);
    return tools;
  }

  /**
   * A grant that names no tool leaves the one that was meant with what it is granted by default.
   */
  private void refuseGrantsOfNobody(Set<String> tools) {
    var known = new TreeSet<>(tools);
    Stream.of(Dialect.values()).map(Dialect::tool).forEach(known::add);
    Set<String> named = policy.object("grants").orElse(JsonValue.Obj.EMPTY).members().keySet();
    for (String name : named) {
      if (!known.contains(name)) {
        String nearest =
            NearestName.of(name, known)
                .map(tool -> " The nearest tool is " + tool + ".")
                .orElse("");
        throw Problem.of(
                ProblemCode.CONFIG_INVALID,
                "policy.grants names " + name + ", and there is no such tool." + nearest)
            .withRule("policy.grants." + name)
            .withHint("Take it out, or name one of: " + String.join(", ", known) + ".")
            .toException();
      }
    }
  }

  /** A native tool would run without the network that it is shown with. */
  private static void refuseNetwork(ToolDefinition tool) {
    boolean isNative =
        tool.run() instanceof ToolDefinition.Run.NativeProcess
            || tool.run() instanceof ToolDefinition.Run.Argv;
    if (isNative && !tool.capabilities().networkAccess().isEmpty()) {
      throw Problem.of(
              ProblemCode.CONFIG_NOT_BUILT,
              "The tool " + tool.name() + " has NetworkAccess, and a native tool has no network.")
          .withRule("tools." + tool.name() + ".capabilities.NetworkAccess")
          .withHint("Drop NetworkAccess, or make the request with run.http or http_fetch.")
          .toException();
    }
  }

  private static LimitValues ownLimits(JsonValue declared, String pointer) {
    return JsonFields.of(declared, pointer)
        .fields("limits")
        .map(LimitValues::read)
        .orElse(LimitValues.NONE);
  }

  private static Capabilities granted(Map<String, Capabilities> grants, String tool) {
    return Optional.ofNullable(grants.get(tool)).orElse(Capabilities.NONE);
  }
}
