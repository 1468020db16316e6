package dev.chitin.policy;

/**
 * One directory of the host that a sandbox sees.
 *
 * @param source absolute, resolved path on the host
 * @param target absolute path inside
 * @param writable whether it may be written
 * @param identity {@code dev:inode} of the source when the plan was made
 */
public record Mount(String source, String target, boolean writable, String identity) {}
