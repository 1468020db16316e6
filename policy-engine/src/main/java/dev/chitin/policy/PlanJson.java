package dev.chitin.policy;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/** The JSON form of a plan: integers and strings only, no doubles. */
final class PlanJson {
  private PlanJson() {}

  static JsonValue.Obj of(ExecutionPlan plan) {
    return JsonValue.object()
        .put("schema", ExecutionPlan.SCHEMA)
        .put("callId", plan.callId())
        .put("principal", principal(plan.principal()))
        .put("session", plan.session())
        .put("tool", plan.tool())
        .put("toolDigest", plan.toolDigest().toString())
        .put("declared", capabilities(plan.declared()))
        .put("backend", plan.backend())
        .put("invocation", invocation(plan.invocation()))
        .put("mounts", list(plan.mounts(), PlanJson::mount))
        .put("hidden", plan.hidden())
        .put("egress", list(plan.egress(), PlanJson::egress))
        .put("credentials", list(plan.credentials(), PlanJson::credential))
        .put("limits", limits(plan.limits()))
        .put("input", plan.input().toString())
        .put("labels", labels(plan.labels()))
        .put(
            "backendProfile",
            plan.backendProfile() == null ? null : plan.backendProfile().toString())
        .put("created", plan.createdMillis())
        .put("deadline", plan.deadlineMillis())
        .put("node", plan.node())
        .build();
  }

  private static JsonValue principal(Principal principal) {
    return JsonValue.object()
        .put("tenant", principal.tenant())
        .put("id", principal.id())
        .put("roles", List.copyOf(new TreeSet<>(principal.roles())))
        .build();
  }

  static JsonValue capabilities(Capabilities capabilities) {
    return JsonValue.object()
        .put("FileRead", capabilities.fileRead())
        .put("FileWrite", capabilities.fileWrite())
        .put("NetworkAccess", capabilities.networkAccess())
        .put("ProcessExec", capabilities.processExec())
        .build();
  }

  private static JsonValue invocation(Invocation invocation) {
    return switch (invocation) {
      case Invocation.NativeProcess process ->
          JsonValue.object()
              .put("kind", "process")
              .put("argv", process.argv())
              .put("executable", process.executable())
              .put("cwd", process.cwd())
              .put("envNames", process.envNames())
              .put("envDigest", process.envDigest().toString())
              .put("executed", list(process.executed(), PlanJson::executed))
              .put(
                  "dataArguments", list(process.dataArguments(), index -> new JsonValue.Int(index)))
              .put("wholeArgvFromCaller", process.wholeArgvFromCaller())
              .put("outputs", list(process.outputs(), PlanJson::output))
              .build();
      case Invocation.FileAccess file ->
          JsonValue.object()
              .put("kind", "file")
              .put("operation", file.operation())
              .put("requested", file.target().requested())
              .put("resolved", file.target().resolved())
              .put("root", file.target().root())
              .put("rootIdentity", file.target().rootIdentity())
              .put("exists", file.target().exists())
              .build();
      case Invocation.HttpRequest http ->
          JsonValue.object()
              .put("kind", "http")
              .put("method", http.method())
              .put("scheme", http.scheme())
              .put("host", http.host())
              .put("port", http.port())
              .put("pathAndQuery", http.pathAndQuery())
              .put("headerNames", http.headerNames())
              .put("bodyDigest", http.bodyDigest() == null ? null : http.bodyDigest().toString())
              .build();
      case Invocation.VerticleCall verticle ->
          JsonValue.object().put("kind", "verticle").put("address", verticle.address()).build();
    };
  }

  private static JsonValue output(DeclaredOutput output) {
    return JsonValue.object()
        .put("name", output.name())
        .put("path", output.path())
        .put("maxBytes", output.maxBytes())
        .put("required", output.required())
        .build();
  }

  private static JsonValue executed(Invocation.ExecutedFile file) {
    return JsonValue.object()
        .put("path", file.path())
        .put("digest", file.digest().toString())
        .build();
  }

  private static JsonValue mount(Mount mount) {
    return JsonValue.object()
        .put("source", mount.source())
        .put("target", mount.target())
        .put("writable", mount.writable())
        .put("identity", mount.identity())
        .build();
  }

  private static JsonValue egress(EgressRule rule) {
    return JsonValue.object()
        .put("scheme", rule.scheme())
        .put("host", rule.host())
        .put("port", rule.port())
        .build();
  }

  private static JsonValue credential(CredentialRef credential) {
    return JsonValue.object()
        .put("name", credential.name())
        .put("scheme", credential.scheme())
        .put("host", credential.host())
        .put("port", credential.port())
        .put("surface", credential.surface())
        .put("field", credential.field())
        .put("format", credential.format())
        .build();
  }

  private static JsonValue limits(Limits limits) {
    return JsonValue.object()
        .put("wallMillis", limits.wallMillis())
        .put("stdoutBytes", limits.stdoutBytes())
        .put("stderrBytes", limits.stderrBytes())
        .put("memoryBytes", limits.memoryBytes())
        .put("processes", limits.processes())
        .put("fileBytes", limits.fileBytes())
        .put("openFiles", limits.openFiles())
        .put("tmpBytes", limits.tmpBytes())
        .put("cpuPercent", limits.cpuPercent())
        .put("cpuMillis", limits.cpuMillis())
        .put("diskBytes", limits.diskBytes())
        .put("diskFiles", limits.diskFiles())
        .build();
  }

  private static JsonValue labels(Labels labels) {
    JsonValue.Builder arguments = JsonValue.object();
    for (Map.Entry<String, String> argument : labels.arguments().entrySet()) {
      arguments.put(argument.getKey(), argument.getValue());
    }
    return JsonValue.object()
        .put("integrity", labels.integrity())
        .put("confidentiality", labels.confidentiality())
        .put("arguments", arguments.build())
        .build();
  }

  private static <T> JsonValue list(List<T> items, Function<T, JsonValue> json) {
    if (items.isEmpty()) {
      return JsonValue.Arr.EMPTY;
    }
    var array = new ArrayList<JsonValue>(items.size());
    for (T item : items) {
      array.add(json.apply(item));
    }
    return new JsonValue.Arr(array);
  }
}
