package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Polling;
import dev.chitin.sandbox.nativeos.Processes;
import dev.chitin.sandbox.nativeos.Spawner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Makes sandboxes up to their gate: makes the control groups, spawns bwrap in them, and puts the
 * limits of each process on its init before anything else can run in it. Blocks for some
 * milliseconds, and therefore works on set-up threads.
 */
final class SandboxMaker {
  private static final long CHILD_MILLIS = 10_000;

  private final CallSetUp setUp;
  private final Cgroups cgroups;
  private final GroupStock stock;
  private final Covers covers;
  private final CleanUp cleanUp;
  private final ScheduledExecutorService walkers;
  private final Set<String> waived;
  private final List<String> weaknesses;

  /**
   * @param stock has groups ready
   * @param cleanUp has the timer of limits that are looked at now and then
   * @param walkers threads that measure writable mounts
   * @param waived controls that the operator has given up by name
   * @param weaknesses what is weaker on this machine, for every outcome
   */
  SandboxMaker(
      CallSetUp setUp,
      Cgroups cgroups,
      GroupStock stock,
      Covers covers,
      CleanUp cleanUp,
      ScheduledExecutorService walkers,
      Set<String> waived,
      List<String> weaknesses) {
    this.setUp = setUp;
    this.cgroups = cgroups;
    this.stock = stock;
    this.covers = covers;
    this.cleanUp = cleanUp;
    this.walkers = walkers;
    this.waived = waived;
    this.weaknesses = List.copyOf(weaknesses);
  }

  /** How bwrap is spawned. */
  @FunctionalInterface
  private interface Spawn {
    CallSetUp.Spawned spawn(HeldPlaces held, List<String> notes, Spawner.Birthplace place)
        throws IOException, InterruptedException;
  }

  /**
   * A sandbox for one call.
   *
   * @throws dev.chitin.bus.ChitinException when a mount is not what the plan says
   */
  Sandbox cold(NativeCall call) throws IOException, InterruptedException {
    return make(call.limits(), (held, notes, place) -> setUp.spawn(call, held, notes, place));
  }

  /** A sandbox in which a {@link Starter} waits, all limits on. */
  Sandbox warm(SandboxSpec spec) throws IOException, InterruptedException {
    Sandbox sandbox =
        make(spec.limits(), (held, notes, place) -> setUp.spawnWarm(spec, held, notes, place));
    if (sandbox.sound()) {
      new Gate.OfBwrap(sandbox.pipes().gate()).open();
    }
    return sandbox;
  }

  private Sandbox make(Limits limits, Spawn spawn) throws IOException, InterruptedException {
    RunGroup group = stock.take(limits);
    var held = new HeldPlaces(covers);
    var notes = new ArrayList<>(weaknesses);
    try {
      CallSetUp.Spawned spawned = spawn.spawn(held, notes, cgroups.birthplace(group));
      return limited(group, limits, spawned, held, notes);
    } catch (IOException | InterruptedException | RuntimeException e) {
      held.close();
      cleanUp.remove(group);
      throw e;
    }
  }

  private Sandbox limited(
      RunGroup group, Limits limits, CallSetUp.Spawned spawned, HeldPlaces held, List<String> notes)
      throws ErrnoException {
    StatusPipe status = status(spawned);
    var watched = new RunLimits(limits, cgroups, group, cleanUp.timer(), walkers, waived);
    watched.prepare(held.writable());
    Fd init = null;
    int pid = 0;
    IOException fault = null;
    try {
      // Also when the call's time is over meanwhile: what is known can be killed.
      OptionalInt child = status.awaitChild(CHILD_MILLIS);
      if (child.isPresent()) {
        pid = child.getAsInt();
        init = Processes.pidfdOpen(pid);
        fault = limit(pid, init, group, limits);
      }
    } catch (IOException e) {
      fault = e;
    }
    return new Sandbox(
        group,
        held,
        spawned.monitor(),
        spawned.pipes(),
        status,
        init,
        pid,
        watched,
        fault,
        spawned.protections(),
        notes);
  }

  private static StatusPipe status(CallSetUp.Spawned spawned) throws ErrnoException {
    try {
      return new StatusPipe(spawned.pipes().status());
    } catch (ErrnoException e) {
      spawned.monitor().kill();
      spawned.monitor().reap();
      spawned.monitor().close();
      spawned.pipes().closeOwnEnds();
      throw e;
    }
  }

  /** Why the limits are not on, or null when they are, or when there is nothing left to limit. */
  private @Nullable IOException limit(int pid, Fd init, RunGroup group, Limits limits)
      throws ErrnoException {
    try {
      group.enter(pid);
      ProcessLimits.apply(pid, limits, cgroups);
      return null;
    } catch (IOException e) {
      // It may have ended by itself: bwrap could not do a mount, and says so on the error stream.
      return Polling.awaitReadable(init, 0) ? null : e;
    }
  }
}
