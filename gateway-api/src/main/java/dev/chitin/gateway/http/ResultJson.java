package dev.chitin.gateway.http;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.sandbox.backend.OutputText;
import java.util.List;

/** The document of a call that started: how it ended and what came out. */
final class ResultJson {
  private ResultJson() {}

  static JsonValue.Obj of(ToolResult result) {
    JsonValue.Builder document =
        JsonValue.object()
            .put("callId", result.callId())
            .put("status", result.status())
            .put("cancelReason", result.cancelReason())
            .put(
                "exitCode",
                result.exitCode() == null
                    ? JsonValue.Null.VALUE
                    : new JsonValue.Int(result.exitCode()));
    OutputText.put(document, "stdout", "stdoutEncoding", result.stdout().borrow());
    OutputText.put(document, "stderr", "stderrEncoding", result.stderr().borrow());
    if (!result.files().isEmpty()) {
      document.put("files", files(result.files()));
    }
    document
        .put("succeeded", result.succeeded())
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

  private static JsonValue.Obj files(List<OutputFile> files) {
    JsonValue.Builder document = JsonValue.object();
    for (OutputFile file : files) {
      document.put(
          file.name(),
          switch (file) {
            case OutputFile.Content content -> content(content.bytes().borrow());
            case OutputFile.Refused refused ->
                JsonValue.object().put("error", refused.reason()).build();
          });
    }
    return document.build();
  }

  private static JsonValue.Obj content(byte[] bytes) {
    JsonValue.Builder document = JsonValue.object().put("bytes", bytes.length);
    OutputText.put(document, bytes);
    return document.put("sha256", Digest.of(bytes).toHex()).build();
  }
}
