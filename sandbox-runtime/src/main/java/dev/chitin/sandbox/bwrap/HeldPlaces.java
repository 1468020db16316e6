package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Mount;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.nativeos.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one run holds in the host's directories until it has ended: descriptors, covers, outputs.
 */
final class HeldPlaces implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HeldPlaces.class);

  private final Covers covers;
  private final List<Fd> directories = new ArrayList<>();
  private final List<Covers.Share> shares = new ArrayList<>();
  private final List<WritableMount> writable = new ArrayList<>();
  private OutputRoom.@Nullable Place outputs;

  HeldPlaces(Covers covers) {
    this.covers = covers;
  }

  /** Keeps the root of a mount, and knows it as one that the tool may write to. */
  Fd keep(Mount mount, Fd root) {
    if (mount.writable()) {
      writable.add(new WritableMount(mount, root));
    }
    return keep(root);
  }

  /** The mounts that the tool may write to; their descriptors are open until all is given back. */
  List<WritableMount> writable() {
    return List.copyOf(writable);
  }

  Fd keep(Fd directory) {
    directories.add(directory);
    return directory;
  }

  void add(Covers.Share share) {
    shares.add(share);
  }

  void keep(OutputRoom.Place place) {
    outputs = place;
  }

  /** Whether there is nothing to collect or to give back. */
  boolean nothing() {
    return directories.isEmpty() && shares.isEmpty() && outputs == null;
  }

  /**
   * Reads the declared outputs when the run has ended.
   *
   * @param then called with one answer for each, here if there is none, else on another thread
   */
  void collect(NativeCall call, Consumer<List<OutputFile>> then) {
    if (outputs == null) {
      then.accept(List.of());
    } else {
      outputs.collect(call.process().outputs(), call.limits(), then);
    }
  }

  /** Gives the covers back, each by itself: one that cannot be removed must not keep the others. */
  @Override
  public void close() {
    for (Covers.Share share : shares) {
      try {
        covers.release(share);
      } catch (IOException e) {
        LOG.warn("A cover could not be removed; the next start tries again.", e);
      }
    }
    directories.forEach(Fd::close);
    if (outputs != null) {
      outputs.discard();
    }
  }
}
