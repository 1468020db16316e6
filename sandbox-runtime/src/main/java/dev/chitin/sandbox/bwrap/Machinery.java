package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Poller;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What all runs of a backend share.
 *
 * @param setUp spawns
 * @param cgroups makes groups
 * @param covers holds the places of absent names
 * @param poller watches
 * @param cleanUp one thread for what blocks shortly, during a run and after it
 * @param walkers threads that measure writable mounts
 * @param readBuffer used on the poller's thread only
 * @param notes what is weaker on this machine, for every outcome
 */
record Machinery(
    CallSetUp setUp,
    Cgroups cgroups,
    Covers covers,
    Poller poller,
    ScheduledExecutorService cleanUp,
    ScheduledExecutorService walkers,
    MemorySegment readBuffer,
    List<String> notes) {}
