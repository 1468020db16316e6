package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.sandbox.backend.OutputText;

/** The document of a call that started: how it ended and what came out. */
final class ResultJson {
  private ResultJson() {}

  static JsonValue.Obj of(ToolResult result) {
    JsonValue.Builder document =
        JsonValue.object()
            .put("callId", result.callId())
            .put("status", result.status())
            .put(
                "exitCode",
                result.exitCode() == null
                    ? JsonValue.Null.VALUE
                    : new JsonValue.Int(result.exitCode()));
    OutputText.put(document, "stdout", "stdoutEncoding", result.stdout().borrow());
    OutputText.put(document, "stderr", "stderrEncoding", result.stderr().borrow());
    document
        .put("output", result.output() == null ? JsonValue.Null.VALUE : result.output())
        .put("truncated", result.truncated());
    if (result.truncated()) {
      document.put("stdoutBytes", result.stdoutBytes()).put("stderrBytes", result.stderrBytes());
    }
    document
        .put("durationMs", result.durationMillis())
        .put("audit", JsonValue.object().put("index", result.auditIndex()).build());
    if (!result.notes().isEmpty()) {
      document.put("notes", result.notes());
    }
    return document.build();
  }
}
