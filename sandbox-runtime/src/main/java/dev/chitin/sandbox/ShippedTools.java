package dev.chitin.sandbox;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.Limits;
import java.util.List;

/**
 * The tools that come with the gateway. What they declare is what they are granted: they are
 * general tools, and the operator's grants say how far they reach.
 */
public final class ShippedTools {
  /** What {@code process_run} may start unless the operator grants more. */
  public static final List<String> DEFAULT_COMMANDS =
      List.of(
          "true", "false", "echo", "printf", "cat", "head", "tail", "ls", "wc", "grep", "seq",
          "sleep", "date", "env", "id", "uname");

  private static final long MIB = 1 << 20;

  private ShippedTools() {}

  public static ToolDefinition fsRead(Capabilities granted) {
    return file(
        "fs_read",
        "Reads a file.",
        granted,
        "read",
        object()
            .put("path", text("Absolute, ~/…, or relative to the workspace.", 4_096))
            .put("offset", whole("First byte to read.", 0, JsonValue.Int.MAX))
            .put("limit", whole("Most bytes to read.", 1, MIB)),
        "path");
  }

  public static ToolDefinition fsWrite(Capabilities granted) {
    return file(
        "fs_write",
        "Writes a file, replacing what was there in one step.",
        granted,
        "write",
        object()
            .put("path", text("Absolute, ~/…, or relative to the workspace.", 4_096))
            .put("content", text("What to write.", MIB))
            .put("encoding", choice("How content is written.", List.of("utf-8", "base64"))),
        "path",
        "content");
  }

  public static ToolDefinition fsList(Capabilities granted) {
    return file(
        "fs_list",
        "Lists a directory.",
        granted,
        "list",
        object()
            .put("path", text("Absolute, ~/…, or relative to the workspace.", 4_096))
            .put("depth", whole("How many levels.", 1, 8)),
        "path");
  }

  public static ToolDefinition fsSearch(Capabilities granted) {
    return file(
        "fs_search",
        "Finds lines in the text files of a directory tree.",
        granted,
        "search",
        object()
            .put("path", text("Absolute, ~/…, or relative to the workspace.", 4_096))
            .put("pattern", text("Regular expression, or plain text with literal.", 512))
            .put("glob", text("Only files whose name fits, *.txt say.", 256))
            .put("literal", bool("Take the pattern as plain text."))
            .put("ignore_case", bool("Let upper and lower case match."))
            .put("max_results", whole("Most lines to give.", 1, 1_000)),
        "path",
        "pattern");
  }

  public static ToolDefinition httpFetch(Capabilities granted) {
    return define(
        "http_fetch",
        "Makes one HTTP request. Redirects are not followed.",
        granted,
        object()
            .put("url", text("Absolute URL.", 8_192))
            .put(
                "method",
                choice(
                    "GET unless given.", List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")))
            .put(
                "headers",
                object()
                    .put("description", "Header fields.")
                    .put("type", "object")
                    .put("maxProperties", 32)
                    .put("additionalProperties", text("A value.", 4_096))
                    .build())
            .put("body", text("The body.", MIB)),
        new ToolDefinition.Run.Fetch(),
        "url");
  }

  public static ToolDefinition processRun(Capabilities granted) {
    return define(
        "process_run",
        "Runs a program in the sandbox. There is no shell: argv is taken as it is.",
        granted,
        object()
            .put(
                "argv",
                object()
                    .put("description", "The program and its arguments.")
                    .put("type", "array")
                    .put("minItems", 1)
                    .put("maxItems", 1_024)
                    .put("items", text("One argument.", 131_072))
                    .build())
            .put("stdin", text("What it reads.", MIB))
            .put(
                "cwd",
                text(
                    "Where it starts; unless given, the workspace, or an empty directory where that is not to be seen.",
                    4_096)),
        new ToolDefinition.Run.Argv(),
        "argv");
  }

  private static ToolDefinition file(
      String name,
      String description,
      Capabilities granted,
      String operation,
      JsonValue.Builder properties,
      String... required) {
    return define(
        name,
        description,
        granted,
        properties,
        new ToolDefinition.Run.FileOperation(operation),
        required);
  }

  private static ToolDefinition define(
      String name,
      String description,
      Capabilities granted,
      JsonValue.Builder properties,
      ToolDefinition.Run run,
      String... required) {
    JsonValue.Obj input =
        object()
            .put("type", "object")
            .put("properties", properties.build())
            .put("required", List.of(required))
            .put("additionalProperties", false)
            .build();
    JsonValue.Obj definition =
        object()
            .put("name", name)
            .put("description", description)
            .put("input", input)
            .put("FileRead", granted.fileRead())
            .put("FileWrite", granted.fileWrite())
            .put("NetworkAccess", granted.networkAccess())
            .put("ProcessExec", granted.processExec())
            .build();
    return new ToolDefinition(
        name,
        description,
        granted,
        input,
        null,
        run,
        List.of(),
        Limits.DEFAULT,
        Digest.of(CanonicalJson.bytes(definition)));
  }

  private static JsonValue.Builder object() {
    return JsonValue.object();
  }

  private static JsonValue text(String description, long maxLength) {
    return object()
        .put("description", description)
        .put("type", "string")
        .put("maxLength", maxLength)
        .build();
  }

  private static JsonValue whole(String description, long min, long max) {
    return object()
        .put("description", description)
        .put("type", "integer")
        .put("minimum", min)
        .put("maximum", max)
        .build();
  }

  private static JsonValue bool(String description) {
    return object().put("description", description).put("type", "boolean").build();
  }

  private static JsonValue choice(String description, List<String> values) {
    return object()
        .put("description", description)
        .put("type", "string")
        .put("enum", values)
        .build();
  }
}
