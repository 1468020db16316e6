package dev.chitin.policy;

import dev.chitin.bus.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one call will do, decided on, recorded and run under one digest. Nothing of it is
 * parsed, resolved or expanded again after the decision.
 *
 * @param callId the call, unique
 * @param principal who calls
 * @param session the caller's session, or null
 * @param tool the tool's name
 * @param toolDigest over the canonical definition of the tool
 * @param declared what the tool says it needs
 * @param backend {@code bwrap}, {@code file}, {@code http} or {@code verticle}
 * @param invocation what the backend does
 * @param mounts host directories seen by a sandbox, in order
 * @param hidden absolute paths inside the mounts that the tool may neither read nor write, sorted
 * @param egress destinations that may be reached
 * @param credentials secrets that are put into requests
 * @param limits what the run may use
 * @param input digest of the canonical arguments
 * @param labels information-flow labels
 * @param backendProfile digest of what else shapes the sandbox (option list, filters), or null
 * @param createdMillis when the plan was made, POSIX milliseconds
 * @param deadlineMillis when the call ends at the latest, POSIX milliseconds
 * @param node the only node that may run it
 */
public record ExecutionPlan(
    String callId,
    Principal principal,
    @Nullable String session,
    String tool,
    Digest toolDigest,
    Capabilities declared,
    String backend,
    Invocation invocation,
    List<Mount> mounts,
    List<String> hidden,
    List<EgressRule> egress,
    List<CredentialRef> credentials,
    Limits limits,
    Digest input,
    Labels labels,
    @Nullable Digest backendProfile,
    long createdMillis,
    long deadlineMillis,
    String node) {
  /** The version of the plan's canonical form. */
  public static final int SCHEMA = 1;

  public ExecutionPlan {
    mounts = List.copyOf(mounts);
    hidden = List.copyOf(hidden);
    egress = List.copyOf(egress);
    credentials = List.copyOf(credentials);
  }
}
