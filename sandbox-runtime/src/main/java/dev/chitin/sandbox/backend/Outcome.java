package dev.chitin.sandbox.backend;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.OutputFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param status {@code exit N}, {@code signal N}, {@code deadline}, {@code cancelled}, {@code
 *     output_limit}, {@code oom}, {@code disk_limit}, {@code cpu_limit} or {@code setup_failed}
 * @param exitCode null unless the tool exited
 * @param stdout what was kept, at most the plan's limit
 * @param stderr what was kept, at most the plan's limit
 * @param stdoutBytes bytes seen
 * @param stderrBytes bytes seen
 * @param output structured output, or null
 * @param notes what was weaker than it should be, limits struck, and outputs that failed
 * @param files what became of the declared outputs, in the plan's order
 */
public record Outcome(
    String status,
    @Nullable Integer exitCode,
    Bytes stdout,
    Bytes stderr,
    long stdoutBytes,
    long stderrBytes,
    @Nullable JsonValue output,
    List<String> notes,
    List<OutputFile> files) {
  public Outcome {
    notes = List.copyOf(notes);
    files = List.copyOf(files);
  }

  /** An outcome of what declares no outputs. */
  public Outcome(
      String status,
      @Nullable Integer exitCode,
      Bytes stdout,
      Bytes stderr,
      long stdoutBytes,
      long stderrBytes,
      @Nullable JsonValue output,
      List<String> notes) {
    this(status, exitCode, stdout, stderr, stdoutBytes, stderrBytes, output, notes, List.of());
  }

  /** The tool exited with {@code code}. */
  public static Outcome exited(int code, Bytes stdout, Bytes stderr, @Nullable JsonValue output) {
    return new Outcome(
        "exit " + code, code, stdout, stderr, stdout.length(), stderr.length(), output, List.of());
  }

  public boolean truncated() {
    return stdoutBytes > stdout.length() || stderrBytes > stderr.length();
  }
}
