package dev.chitin.policy;

import java.util.function.ToLongFunction;

/**
 * What one run may use; {@link Member} says what each member means and how far it goes.
 *
 * @param wallMillis time from start to end
 * @param stdoutBytes bytes kept of stdout
 * @param stderrBytes bytes kept of stderr
 * @param memoryBytes memory of the whole process tree
 * @param processes processes and threads at once
 * @param fileBytes size of one file
 * @param openFiles descriptors of one process
 * @param tmpBytes size of each private writable file system
 * @param cpuPercent rate of CPU time of the whole process tree; 100 is one processor
 * @param cpuMillis CPU time of the whole process tree, and of each process
 * @param diskBytes bytes that may be added to the writable mounts, all together
 * @param diskFiles files and directories that may be added to them
 */
public record Limits(
    long wallMillis,
    long stdoutBytes,
    long stderrBytes,
    long memoryBytes,
    long processes,
    long fileBytes,
    long openFiles,
    long tmpBytes,
    long cpuPercent,
    long cpuMillis,
    long diskBytes,
    long diskFiles) {

  /** Every member, with the name under which operators set it, its bounds and its default. */
  public enum Member {
    WALL_MS("Time from start to end, milliseconds.", 1, 3_600_000, 30_000),
    STDOUT_BYTES("Bytes kept of stdout.", 1, 64 << 20, 1 << 20),
    STDERR_BYTES("Bytes kept of stderr.", 1, 64 << 20, 1 << 20),
    MEMORY_BYTES("Memory of the whole run.", 4 << 20, 1L << 40, 512L << 20),
    PROCESSES("Processes and threads at once.", 1, 32_768, 64),
    FILE_BYTES("Size of one file.", 0, 1L << 40, 64L << 20),
    OPEN_FILES("Descriptors of one process.", 8, 65_536, 256),
    TMP_BYTES("Size of each private file system.", 4_096, 1L << 36, 64L << 20),
    CPU_PERCENT("Rate of CPU time of the whole run; 100 is one processor.", 1, 102_400, 100),
    CPU_MS(
        "CPU time of the whole run, milliseconds; unless given, what wall_ms and cpu_percent let"
            + " through.",
        1,
        3_600_000L * 1_024,
        30_000),
    DISK_BYTES(
        "Bytes that a run may add to its writable mounts, all together.", 0, 1L << 44, 256L << 20),
    DISK_FILES("Files and directories that a run may add to them.", 0, 10_000_000, 10_000);

    private final String description;
    private final long least;
    private final long most;
    private final long byDefault;

    Member(String description, long least, long most, long byDefault) {
      this.description = description;
      this.least = least;
      this.most = most;
      this.byDefault = byDefault;
    }

    /** The name in the configuration, {@code wall_ms} say. */
    public String key() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** One sentence for people. */
    public String description() {
      return description;
    }

    /** The smallest value that may be set. */
    public long least() {
      return least;
    }

    /** The largest value that may be set, whatever the operator's ceiling. */
    public long most() {
      return most;
    }

    /** What holds when nobody says anything. */
    public long byDefault() {
      return byDefault;
    }

    /** Its value in {@code limits}. */
    public long of(Limits limits) {
      return switch (this) {
        case WALL_MS -> limits.wallMillis;
        case STDOUT_BYTES -> limits.stdoutBytes;
        case STDERR_BYTES -> limits.stderrBytes;
        case MEMORY_BYTES -> limits.memoryBytes;
        case PROCESSES -> limits.processes;
        case FILE_BYTES -> limits.fileBytes;
        case OPEN_FILES -> limits.openFiles;
        case TMP_BYTES -> limits.tmpBytes;
        case CPU_PERCENT -> limits.cpuPercent;
        case CPU_MS -> limits.cpuMillis;
        case DISK_BYTES -> limits.diskBytes;
        case DISK_FILES -> limits.diskFiles;
      };
    }
  }

  /**
   * 30 s, 1 MiB of stdout and stderr each, 512 MiB, 64 processes, 64 MiB files, 256 descriptors, 64
   * MiB of private files, one processor, 30 s of CPU time, 256 MiB and 10,000 files added.
   */
  public static final Limits DEFAULT = from(Member::byDefault);

  /** Limits of which {@code values} gives each member. */
  public static Limits from(ToLongFunction<Member> values) {
    return new Limits(
        values.applyAsLong(Member.WALL_MS),
        values.applyAsLong(Member.STDOUT_BYTES),
        values.applyAsLong(Member.STDERR_BYTES),
        values.applyAsLong(Member.MEMORY_BYTES),
        values.applyAsLong(Member.PROCESSES),
        values.applyAsLong(Member.FILE_BYTES),
        values.applyAsLong(Member.OPEN_FILES),
        values.applyAsLong(Member.TMP_BYTES),
        values.applyAsLong(Member.CPU_PERCENT),
        values.applyAsLong(Member.CPU_MS),
        values.applyAsLong(Member.DISK_BYTES),
        values.applyAsLong(Member.DISK_FILES));
  }

  /** The same with another {@code member}. */
  public Limits with(Member member, long value) {
    return from(each -> each == member ? value : each.of(this));
  }

  /** CPU milliseconds that {@code cpuPercent} lets through in {@code wallMillis}. */
  public long cpuMillisWithinWall() {
    return Math.max(1, wallMillis * cpuPercent / 100);
  }
}
