package dev.chitin.gateway;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.vault.memory.ProcessGuard;
import java.lang.management.ManagementFactory;
import java.util.List;

/** Reads back, from the kernel and the virtual machine, whether this process is closed. */
final class ProcessProof {
  private ProcessProof() {}

  static List<Finding> findings() {
    ProcessGuard.State state = ProcessGuard.state();
    return List.of(
        memory(state),
        core(state),
        heapDump(flag("HeapDumpOnOutOfMemoryError")),
        attach(flag("DisableAttachMechanism")));
  }

  static Finding memory(ProcessGuard.State state) {
    return state.dumpable()
        ? new Finding(
            "process.memory", Verdict.INERT, "processes of the same user can read its memory")
        : new Finding(
            "process.memory", Verdict.PROVEN, "no process of the same user can read its memory");
  }

  static Finding core(ProcessGuard.State state) {
    return state.coreBytes() == 0
        ? new Finding("process.core", Verdict.PROVEN, "a crash leaves no core file")
        : new Finding("process.core", Verdict.INERT, "a crash may leave a core file");
  }

  static Finding heapDump(boolean dumps) {
    return dumps
        ? new Finding(
            "process.heap_dump", Verdict.INERT, "the JVM dumps its heap when memory runs out")
        : new Finding(
            "process.heap_dump", Verdict.PROVEN, "the JVM dumps no heap when memory runs out");
  }

  /** Weaker only: who attaches is the same user, and what is secret is not on the heap. */
  static Finding attach(boolean disabled) {
    return disabled
        ? new Finding("process.attach", Verdict.PROVEN, "no debugger attaches to the JVM")
        : new Finding(
            "process.attach",
            Verdict.DEGRADED,
            "the JVM runs without -XX:+DisableAttachMechanism, which bin/chitin sets");
  }

  private static boolean flag(String name) {
    return Boolean.parseBoolean(
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .getVMOption(name)
            .getValue());
  }
}
