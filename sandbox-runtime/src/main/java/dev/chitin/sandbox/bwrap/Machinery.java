package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Poller;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Executor;

/**
 * What all runs of a backend share.
 *
 * @param maker makes sandboxes
 * @param pool holds warm ones
 * @param disposal ends those that are not used
 * @param admission says when a run may begin
 * @param setUps threads for what blocks before a run
 * @param poller watches
 * @param cleanUp for what blocks after a run
 * @param readBuffer used on the poller's thread only
 */
record Machinery(
    SandboxMaker maker,
    WarmPool pool,
    Disposal disposal,
    Admission admission,
    Executor setUps,
    Poller poller,
    CleanUp cleanUp,
    MemorySegment readBuffer) {}
