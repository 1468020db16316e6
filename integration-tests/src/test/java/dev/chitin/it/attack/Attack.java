package dev.chitin.it.attack;

import dev.chitin.bus.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How a case attacks. */
sealed interface Attack {

  /** The tools that it needs declared on a gateway. */
  List<Tool> tools();

  /**
   * A tool whose program is a probe.
   *
   * @param probe what runs
   * @param limits members of {@code limits} as the configuration names them; the rest is the
   *     default
   * @param environment what the definition sets beside the base environment
   * @param writable whether it may write the workspace; it may always read it
   */
  record Tool(
      Probe probe, Map<String, Long> limits, Map<String, String> environment, boolean writable) {
    String name() {
      return probe.name();
    }
  }

  /** Checks what was seen; empty when the attack had no effect, else one short phrase of it. */
  @FunctionalInterface
  interface Check {
    Optional<String> breach(Seen seen);
  }

  /** Asks the gateway after the run; empty when all is well. */
  @FunctionalInterface
  interface Afterwards {
    Optional<String> breach(GatewayStage stage) throws Exception;
  }

  /**
   * One run of one probe; on the gateway and on the naive line.
   *
   * @param tool the probe as a tool
   * @param planted files of the workspace before the run; a name that ends in a slash is a
   *     directory
   * @param status the name of the outcome, exactly
   * @param note how a note of the outcome must begin, or empty
   * @param says lines {@code key=value} that the probe must print, as regular expressions of values
   * @param check more to hold
   * @param afterwards more to ask of the gateway
   * @param mayLeave paths in the workspace that the probe may leave there, as a regular expression
   * @param notOnNaive why it is not run on the naive line, or empty
   */
  record Run(
      Tool tool,
      Map<String, String> planted,
      String status,
      String note,
      Map<String, String> says,
      Check check,
      Afterwards afterwards,
      String mayLeave,
      String notOnNaive)
      implements Attack {

    static Run of(Probe probe) {
      return new Run(
          new Tool(probe, Map.of(), Map.of(), true),
          Map.of(),
          "exit 0",
          "",
          Map.of(),
          seen -> Optional.empty(),
          stage -> Optional.empty(),
          "",
          "");
    }

    Run limits(Map<String, Long> limits) {
      return tool(new Tool(tool.probe(), limits, tool.environment(), tool.writable()));
    }

    Run environment(Map<String, String> environment) {
      return tool(new Tool(tool.probe(), tool.limits(), environment, tool.writable()));
    }

    private Run tool(Tool other) {
      return new Run(other, planted, status, note, says, check, afterwards, mayLeave, notOnNaive);
    }

    Run planted(Map<String, String> files) {
      return new Run(tool, files, status, note, says, check, afterwards, mayLeave, notOnNaive);
    }

    Run ends(String name) {
      return new Run(tool, planted, name, note, says, check, afterwards, mayLeave, notOnNaive);
    }

    Run noting(String begin) {
      return new Run(tool, planted, status, begin, says, check, afterwards, mayLeave, notOnNaive);
    }

    Run says(Map<String, String> lines) {
      return new Run(tool, planted, status, note, lines, check, afterwards, mayLeave, notOnNaive);
    }

    Run check(Check more) {
      return new Run(tool, planted, status, note, says, more, afterwards, mayLeave, notOnNaive);
    }

    Run afterwards(Afterwards more) {
      return new Run(tool, planted, status, note, says, check, more, mayLeave, notOnNaive);
    }

    Run mayLeave(String paths) {
      return new Run(tool, planted, status, note, says, check, afterwards, paths, notOnNaive);
    }

    Run notOnNaive(String why) {
      return new Run(tool, planted, status, note, says, check, afterwards, mayLeave, why);
    }

    @Override
    public List<Tool> tools() {
      return List.of(tool);
    }
  }

  /**
   * Several calls, or a gateway of its own; on the gateway alone.
   *
   * @param tools what it calls
   * @param planted files of the workspace before it
   * @param mayLeave paths that it may leave in the workspace, as a regular expression
   * @param judgesHealth whether the shared gateway has to answer as fast as when idle meanwhile
   * @param play the attack; empty when it had no effect
   */
  record Scene(
      List<Tool> tools,
      Map<String, String> planted,
      String mayLeave,
      boolean judgesHealth,
      Afterwards play)
      implements Attack {}

  /** An object of the configuration. */
  static JsonValue.Obj object(Map<String, ? extends Object> members) {
    JsonValue.Builder object = JsonValue.object();
    members.forEach(
        (name, value) -> {
          if (value instanceof Long number) {
            object.put(name, number);
          } else {
            object.put(name, String.valueOf(value));
          }
        });
    return object.build();
  }
}
