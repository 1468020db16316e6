package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import java.util.List;

/**
 * What shapes one sandbox beside the layout that all share.
 *
 * @param limits what a run in it may use
 * @param mounts host directories that it sees, in order
 * @param hidden places inside them that it must not
 */
record SandboxSpec(Limits limits, List<Mount> mounts, List<String> hidden) {
  SandboxSpec {
    mounts = List.copyOf(mounts);
    hidden = List.copyOf(hidden);
  }

  static SandboxSpec of(ExecutionPlan plan) {
    return new SandboxSpec(plan.limits(), plan.mounts(), plan.hidden());
  }
}
