package dev.chitin.gateway.config;

import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Named;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.bwrap.SandboxSettings;

/** The keys of {@code sandbox}: how native tools are isolated. */
final class SandboxKeys {
  private static final Spec TEXT = new Text();
  private static final Spec TEXTS = new ListOf(TEXT);

  static final Section SECTION =
      Section.of(
          Spec.Key.of(
              "waive",
              "Controls that may be missing here, by name.",
              new ListOf(new Choice(SandboxSettings.WAIVABLE))),
          Spec.Key.of("limits", "What a run of a tool that says nothing may use.", ToolKeys.LIMITS),
          Spec.Key.of(
              "tool_limits",
              "What a run may use, by tool name; shipped tools too.",
              new Named(ToolKeys.LIMITS)),
          Spec.Key.of(
              "ceiling",
              "The most that any tool may be given; defaults above it are lowered.",
              ToolKeys.LIMITS),
          Spec.Key.of(
              "unprotected",
              "Protected paths that tools may write after all, by name.",
              new ListOf(new Choice(WriteProtection.overridable()))),
          Spec.Key.of("bwrap", "Path of bubblewrap; default /usr/bin/bwrap.", TEXT),
          Spec.Key.of("max_runs", "Native runs at once; default 256.", new Whole(1, 4_096)),
          Spec.Key.of(
              "max_runs_per_tenant",
              "Native runs of one tenant at once; default three quarters of max_runs.",
              new Whole(1, 4_096)),
          Spec.Key.of(
              "max_waiting",
              "Native calls that wait for a place; more are refused; default 512.",
              new Whole(1, 65_536)),
          Spec.Key.of(
              "max_waiting_per_tenant",
              "Native calls of one tenant that wait; default half of max_waiting.",
              new Whole(1, 65_536)),
          Spec.Key.of(
              "max_setups",
              "Sandboxes being set up at once; default one for each processor.",
              new Whole(1, 64)),
          Spec.Key.of(
              "warm",
              "Sandboxes that stand ready before their call comes; each serves one call.",
              Section.of(
                  Spec.Key.of(
                      "per_profile",
                      "Ready for one tenant, limits and mounts, at most total; 0 for none; default 4.",
                      new Whole(0, 64)),
                  Spec.Key.of("total", "Ready in all; default 16.", new Whole(0, 1_024)),
                  Spec.Key.of(
                      "idle_ms",
                      "How long one waits for its call; default 60000.",
                      new Whole(100, 3_600_000)))),
          Spec.Key.of(
              "search_path",
              "Absolute directories in which bare command names are looked up, in order; default /usr/bin and /bin.",
              TEXTS));

  private SandboxKeys() {}
}
