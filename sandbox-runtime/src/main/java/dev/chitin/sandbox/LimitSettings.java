package dev.chitin.sandbox;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.NearestName;
import dev.chitin.policy.Limits;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What the operator says about limits. For each member of a tool's limits the first of these that
 * sets it counts: {@code sandbox.tool_limits.<tool>}, the tool's own {@code limits}, {@code
 * sandbox.limits}, the built-in default. What was set above the ceiling is refused; a default above
 * it is lowered to it.
 *
 * @param defaults for every tool that says nothing
 * @param byTool for single tools, shipped ones too
 * @param ceiling the most that any tool may have
 */
public record LimitSettings(
    LimitValues defaults, Map<String, LimitValues> byTool, LimitValues ceiling) {
  /** Nothing is said. */
  public static final LimitSettings NONE =
      new LimitSettings(LimitValues.NONE, Map.of(), LimitValues.NONE);

  public LimitSettings {
    byTool = Map.copyOf(byTool);
  }

  /**
   * Reads {@code limits}, {@code tool_limits} and {@code ceiling} of the section {@code sandbox}.
   */
  public static LimitSettings read(JsonFields sandbox) {
    Map<String, LimitValues> byTool = new HashMap<>();
    sandbox
        .object("tool_limits")
        .map(JsonValue.Obj::members)
        .orElse(Map.of())
        .forEach(
            (tool, value) ->
                byTool.put(
                    tool, LimitValues.read(JsonFields.of(value, "/sandbox/tool_limits/" + tool))));
    return new LimitSettings(
        sandbox.fields("limits").map(LimitValues::read).orElse(LimitValues.NONE),
        byTool,
        sandbox.fields("ceiling").map(LimitValues::read).orElse(LimitValues.NONE));
  }

  /**
   * Checks what does not hang on one tool: that {@code sandbox.limits} keeps below the ceiling, and
   * that each name in {@code sandbox.tool_limits} is a tool's.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid}
   */
  public void check(Collection<String> tools) {
    defaults
        .members()
        .forEach((member, value) -> refuseAbove("Every tool", "sandbox.limits", member, value));
    for (String tool : byTool.keySet()) {
      if (!tools.contains(tool)) {
        String nearest =
            NearestName.of(tool, tools)
                .map(name -> " The nearest tool is " + name + ".")
                .orElse("");
        throw Problem.of(
                ProblemCode.CONFIG_INVALID,
                "sandbox.tool_limits names " + tool + ", and there is no such tool." + nearest)
            .withRule("sandbox.tool_limits")
            .withHint("Take it out, or name one of: " + String.join(", ", tools) + ".")
            .toException();
      }
    }
  }

  /**
   * The limits of {@code tool}.
   *
   * @param own what its definition sets
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when what is set for it is above
   *     the ceiling
   */
  public Limits of(String tool, LimitValues own) {
    LimitValues tuned = byTool.getOrDefault(tool, LimitValues.NONE);
    own.members()
        .forEach((member, value) -> refuseAbove("Tool " + tool, "its own limits", member, value));
    tuned
        .members()
        .forEach(
            (member, value) ->
                refuseAbove("Tool " + tool, "sandbox.tool_limits." + tool, member, value));
    Limits limits = Limits.from(member -> value(member, tuned, own, member.byDefault()));
    // A longer or faster run is not cut short by a default that was made for another one.
    return limits.with(
        Limits.Member.CPU_MS,
        value(Limits.Member.CPU_MS, tuned, own, limits.cpuMillisWithinWall()));
  }

  /** The limits of a tool that is known only by what its definition sets. */
  Limits of(LimitValues own) {
    return of("", own);
  }

  private long value(Limits.Member member, LimitValues tuned, LimitValues own, long byDefault) {
    return tuned
        .get(member)
        .or(() -> own.get(member))
        .or(() -> defaults.get(member))
        .orElseGet(() -> Math.min(byDefault, ceiling.get(member).orElse(Long.MAX_VALUE)));
  }

  private void refuseAbove(String tool, String where, Limits.Member member, long value) {
    long most = ceiling.get(member).orElse(Long.MAX_VALUE);
    if (value > most) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              tool
                  + ": "
                  + where
                  + " set "
                  + member.key()
                  + " to "
                  + value
                  + ", above sandbox.ceiling."
                  + member.key()
                  + ", which is "
                  + most
                  + ".")
          .withRule("sandbox.ceiling." + member.key())
          .withHint("Set " + member.key() + " to at most " + most + ", or raise the ceiling.")
          .toException();
    }
  }
}
