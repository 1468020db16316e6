package dev.chitin.sandbox.plan;

import dev.chitin.bus.Digest;
import org.jspecify.annotations.Nullable;

/**
 * What the planner has to know of its gateway.
 *
 * @param home what {@code ~} stands for, absolute
 * @param workspace resolved absolute path; relative paths of requests begin here
 * @param node the node that may run the plans
 * @param sandboxProfile digest of what else shapes a native sandbox, or null
 */
public record PlannerSettings(
    String home, String workspace, String node, @Nullable Digest sandboxProfile) {}
