package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.ChildProcess;
import dev.chitin.sandbox.nativeos.Fd;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox that has been made and not been entered: bwrap runs, every limit is on, and nothing of
 * a tool has run.
 *
 * @param group its control groups
 * @param held descriptors and covers that it needs until it has ended
 * @param monitor bwrap itself
 * @param pipes this side's ends of its descriptors
 * @param status what bwrap tells
 * @param init the first process of its pid namespace, or null when bwrap did not come that far
 * @param initPid its number in this process's view, 0 without it
 * @param limits those that are watched from outside while a tool runs
 * @param fault why a limit could not be put on, or null
 * @param protections the mounts and denies that it was made with, as options
 * @param notes what is weaker than it should be
 */
record Sandbox(
    RunGroup group,
    HeldPlaces held,
    ChildProcess monitor,
    Pipes pipes,
    StatusPipe status,
    @Nullable Fd init,
    int initPid,
    RunLimits limits,
    @Nullable IOException fault,
    List<String> protections,
    List<String> notes) {
  Sandbox {
    protections = List.copyOf(protections);
    notes = List.copyOf(notes);
  }

  /** Whether a tool may start in it. */
  boolean sound() {
    return init != null && fault == null;
  }
}
