package dev.chitin.policy;

import java.util.List;

/**
 * Decides within the ceiling who may call what when. Asked only for plans that the ceiling allows;
 * it may refuse them, never widen them. A pure function of the plan, quick and without I/O.
 */
@FunctionalInterface
public interface Judgement {
  /** Permits whatever the ceiling allows. */
  Judgement PERMIT_WITHIN_CEILING = plan -> Verdict.allow(List.of("policy.default_permit"));

  /** The judgement over {@code plan}. */
  Verdict judge(ExecutionPlan plan);
}
