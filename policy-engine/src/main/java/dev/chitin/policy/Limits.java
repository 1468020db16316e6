package dev.chitin.policy;

/**
 * What one run may use. Every member is positive.
 *
 * @param wallMillis time from start to end
 * @param stdoutBytes bytes kept of stdout
 * @param stderrBytes bytes kept of stderr
 * @param memoryBytes memory of the whole process tree
 * @param processes processes and threads at once
 * @param fileBytes size of one file
 * @param openFiles descriptors of one process
 * @param tmpBytes size of each private writable file system
 */
public record Limits(
    long wallMillis,
    long stdoutBytes,
    long stderrBytes,
    long memoryBytes,
    long processes,
    long fileBytes,
    long openFiles,
    long tmpBytes) {
  /**
   * 30 s, 1 MiB of stdout and stderr each, 512 MiB, 64 processes, 64 MiB files, 256 descriptors.
   */
  public static final Limits DEFAULT =
      new Limits(30_000, 1 << 20, 1 << 20, 512L << 20, 64, 64L << 20, 256, 64L << 20);
}
