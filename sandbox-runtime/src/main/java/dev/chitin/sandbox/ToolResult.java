package dev.chitin.sandbox;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a call that started ended.
 *
 * @param callId the call
 * @param status {@code exit N}, {@code signal N}, {@code deadline}, {@code cancelled}, {@code
 *     output_limit}, {@code oom}, {@code disk_limit}, {@code cpu_limit} or {@code setup_failed}
 * @param cancelReason who cancelled it, or null unless somebody did
 * @param exitCode null unless the tool exited
 * @param stdout what was kept
 * @param stderr what was kept
 * @param output structured output, or null
 * @param truncated whether more was written than kept
 * @param stdoutBytes bytes seen
 * @param stderrBytes bytes seen
 * @param durationMillis from start to end
 * @param auditIndex index of the authorizing entry in this node's log
 * @param notes what is weaker here than it should be, {@code memory: per-process only} say
 * @param files what became of the tool's declared outputs, in the order of their names
 */
public record ToolResult(
    String callId,
    String status,
    @Nullable String cancelReason,
    @Nullable Integer exitCode,
    Bytes stdout,
    Bytes stderr,
    @Nullable JsonValue output,
    boolean truncated,
    long stdoutBytes,
    long stderrBytes,
    long durationMillis,
    long auditIndex,
    List<String> notes,
    List<OutputFile> files) {
  public ToolResult {
    notes = List.copyOf(notes);
    files = List.copyOf(files);
  }

  /** Whether the tool exited with 0 and left every output as it declares. */
  public boolean succeeded() {
    return exitCode != null && exitCode == 0 && files.stream().noneMatch(OutputFile::failed);
  }
}
