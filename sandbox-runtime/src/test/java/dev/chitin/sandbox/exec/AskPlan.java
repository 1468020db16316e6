package dev.chitin.sandbox.exec;

import dev.chitin.bus.Digest;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import java.util.List;
import java.util.Set;

/** A plan of a tool that needs nothing. */
final class AskPlan {
  static final String NODE = "node-1";

  private AskPlan() {}

  static SealedPlan of(String callId, List<CredentialRef> credentials) {
    return SealedPlan.seal(
        new ExecutionPlan(
            callId,
            new Principal("default", "alice", Set.of()),
            null,
            "ask",
            Digest.ofUtf8("definition"),
            Capabilities.NONE,
            "verticle",
            new Invocation.VerticleCall("test.ask"),
            List.of(),
            List.of(),
            List.of(),
            credentials,
            Limits.DEFAULT,
            Digest.ofUtf8("{}"),
            Labels.UNATTRIBUTED,
            null,
            0,
            Long.MAX_VALUE >> 12,
            NODE));
  }
}
