package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Mount;
import dev.chitin.sandbox.nativeos.Fd;

/**
 * A mount to which the tool may write.
 *
 * @param root {@code O_PATH} descriptor of its source, whatever the path names by now
 */
record WritableMount(Mount mount, Fd root) {
  /** Whether both show the same place of the host. */
  boolean sameSource(WritableMount other) {
    return other.mount.source().equals(mount.source());
  }

  /** Whether the other one's source lies below this one's. */
  boolean holds(WritableMount other) {
    return other.mount.source().startsWith(mount.source() + "/");
  }
}
