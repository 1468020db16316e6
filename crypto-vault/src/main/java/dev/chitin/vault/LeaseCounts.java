package dev.chitin.vault;

/**
 * What became of leases since the start.
 *
 * @param held neither spent nor expired now
 * @param granted all that were given
 * @param used those that were spent and handed a secret over
 * @param expired those that nobody spent in time
 * @param refused requests and uses that were refused
 */
public record LeaseCounts(long held, long granted, long used, long expired, long refused) {}
