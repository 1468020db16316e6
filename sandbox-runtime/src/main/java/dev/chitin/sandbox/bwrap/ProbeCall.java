package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import dev.chitin.sandbox.backend.PreparedCall;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The gateway's own calls of its sandbox, by which it attacks itself: made by nobody's request, so
 * there is no decision to ask for.
 */
final class ProbeCall {
  static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/bin:/bin", "HOME", "/tmp", "LANG", "C.UTF-8");

  /** No key can have it: parentheses are in no tenant's name. */
  static final String TENANT = "(gateway)";

  private ProbeCall() {}

  static PreparedCall of(
      String executable,
      List<String> argv,
      Map<String, String> environment,
      Bytes stdin,
      List<Mount> mounts,
      Limits limits) {
    return of(TENANT, executable, argv, environment, stdin, mounts, limits, List.of());
  }

  static PreparedCall of(
      String tenant,
      String executable,
      List<String> argv,
      Map<String, String> environment,
      Bytes stdin,
      List<Mount> mounts,
      Limits limits,
      List<DeclaredOutput> outputs) {
    JsonValue.Builder object = JsonValue.object();
    environment.forEach(object::put);
    var process =
        new Invocation.NativeProcess(
            argv,
            executable,
            "/tmp",
            List.copyOf(new TreeSet<>(environment.keySet())),
            Digest.of(CanonicalJson.bytes(object.build())),
            List.of(),
            List.of(),
            false,
            outputs);
    long now = System.currentTimeMillis();
    var plan =
        new ExecutionPlan(
            "self-attack",
            new Principal(tenant, "gateway", Set.of()),
            null,
            "self-attack",
            Digest.of(),
            Capabilities.NONE,
            BwrapBackend.NAME,
            process,
            mounts,
            List.of(),
            List.of(),
            List.of(),
            limits,
            Digest.of(CanonicalJson.bytes(JsonValue.Obj.EMPTY)),
            Labels.UNATTRIBUTED,
            null,
            now,
            now + limits.wallMillis(),
            "self");
    return new PreparedCall(
        SealedPlan.seal(plan), JsonValue.Obj.EMPTY, environment, stdin, List.of());
  }
}
