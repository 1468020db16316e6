package dev.chitin.policy;

import dev.chitin.bus.Digest;

/**
 * A command as it lies on this machine.
 *
 * @param name what was asked for: a bare name or an absolute path
 * @param path the real file, absolute, links followed
 * @param digest of the file's content
 */
public record Executable(String name, String path, Digest digest) {}
