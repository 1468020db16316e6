package dev.chitin.sandbox.bwrap;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The controls over whole process trees that hang on this machine's control groups: one that is
 * missing stops the start, unless the operator has given it up by name.
 */
final class Waivers {

  /** What is lost without a controller, and what stands in. */
  private record Control(Controller controller, String name, String missing, String weaker) {}

  private static final List<Control> CONTROLS =
      List.of(
          new Control(
              Controller.MEMORY,
              SandboxSettings.AGGREGATE_MEMORY,
              "the memory of a whole sandbox",
              "memory: per-process only"),
          new Control(
              Controller.PIDS,
              SandboxSettings.AGGREGATE_PROCESSES,
              "the number of its processes",
              "processes: limited per user only"),
          new Control(
              Controller.CPU,
              SandboxSettings.CPU_RATE,
              "its rate of CPU time",
              "cpu: rate not limited"),
          new Control(
              Controller.CPU_TIME,
              SandboxSettings.AGGREGATE_CPU_TIME,
              "its CPU time",
              "cpu_time: per-process only"));

  private Waivers() {}

  /**
   * What is weaker here, with the operator's consent.
   *
   * @throws dev.chitin.bus.ChitinException {@code sandbox.unavailable} without it; the hint holds
   *     the whole value that {@code sandbox.waive} would need
   */
  static List<String> accepted(Cgroups cgroups, Set<String> waived) {
    List<Control> missing =
        CONTROLS.stream().filter(control -> !cgroups.has(control.controller())).toList();
    List<Control> refused =
        missing.stream().filter(control -> !waived.contains(control.name())).toList();
    if (!refused.isEmpty()) {
      throw Unavailable.because(
          "No control group is delegated to this user for what limits "
              + refused.stream().map(Control::missing).collect(Collectors.joining(", "))
              + ".",
          "Let root delegate groups ("
              + refused.stream()
                  .map(control -> control.controller().kernelName())
                  .collect(Collectors.joining(", "))
              + "; bin/chitin started by root does it), or give these controls up by name:"
              + " sandbox.waive: "
              + missing.stream()
                  .map(control -> "\"" + control.name() + "\"")
                  .collect(Collectors.joining(", ", "[", "]"))
              + ".");
    }
    var weaker = new ArrayList<String>();
    missing.forEach(control -> weaker.add(control.weaker()));
    return List.copyOf(weaker);
  }
}
