package dev.chitin.vault;

import dev.chitin.vault.memory.MemoryLevel;

/**
 * How the vault stands.
 *
 * @param memory how well secret memory is kept
 * @param engine {@code openssl}, or {@code jce}, a degraded mode
 * @param epoch commits so far
 * @param secrets how many there are
 * @param orphans files removed at opening because the manifest did not name them
 * @param writable false after a write that may not have reached the disk
 * @param term of the key that wraps what is new
 * @param rewrapping versions whose data key an older term still wraps
 */
public record VaultStatus(
    MemoryLevel memory,
    String engine,
    long epoch,
    int secrets,
    int orphans,
    boolean writable,
    int term,
    int rewrapping) {}
