package dev.chitin.sandbox;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The compiled input schema of one tool, JSON Schema 2020-12. Bounded: no reference leaves the
 * document, at most 32 levels, 2,000 subschemas, 512 characters a pattern.
 */
public final class InputSchema {
  /** An object without members. */
  public static final JsonValue.Obj NO_ARGUMENTS =
      JsonValue.object()
          .put("type", "object")
          .put("properties", JsonValue.Obj.EMPTY)
          .put("additionalProperties", false)
          .build();

  private static final int MAX_DEPTH = 32;
  private static final int MAX_SCHEMAS = 2_000;
  private static final int MAX_PATTERN = 512;

  private final Validator validator;

  /** Says yes to most arguments before the validator is asked. */
  private final Optional<PlainSchema> plain;

  private InputSchema(Validator validator, Optional<PlainSchema> plain) {
    this.validator = validator;
    this.plain = plain;
  }

  /**
   * Compiles {@code schema}.
   *
   * @param tool for messages
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when the schema is beyond a bound
   */
  public static InputSchema compile(String tool, JsonValue.Obj schema) {
    new Bounds(tool).check(schema, 0);
    if (!(schema.get("type") instanceof JsonValue.Str type) || !type.value().equals("object")) {
      throw ToolDefinitionReader.invalid(tool, "its input schema must have \"type\": \"object\"");
    }
    try {
      return new InputSchema(
          Validator.create(
              JsonSchema.of(new JsonObject(mutable(schema))),
              new JsonSchemaOptions()
                  .setBaseUri("urn:chitin:tool:" + tool)
                  .setDraft(Draft.DRAFT202012)
                  .setOutputFormat(OutputFormat.Basic)),
          PlainSchema.of(schema));
    } catch (RuntimeException e) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID, "Tool " + tool + ": its input schema does not compile.")
          .withRule("tools." + tool + ".input")
          .withHint("Check it against JSON Schema 2020-12.")
          .toException(e);
    }
  }

  private static Map<String, Object> mutable(JsonValue.Obj schema) {
    return new JsonObject(dev.chitin.bus.json.CanonicalJson.inOrder(schema)).getMap();
  }

  /**
   * Checks {@code arguments}.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.arguments_invalid} with the place of each
   *     fault
   */
  public void check(JsonValue.Obj arguments) {
    if (plain.isEmpty() || !plain.get().fits(arguments)) {
      validate(arguments);
    }
  }

  private void validate(JsonValue.Obj arguments) {
    OutputUnit unit = validator.validate(new JsonObject(nonNull(arguments.toPlain())));
    if (Boolean.TRUE.equals(unit.getValid())) {
      return;
    }
    List<Problem.FieldError> errors = SchemaFaults.of(unit);
    String first =
        errors.isEmpty()
            ? ""
            : ": " + errors.getFirst().pointer() + ": " + errors.getFirst().detail();
    throw Problem.of(
            ProblemCode.REQUEST_ARGUMENTS_INVALID,
            "The arguments do not fit the tool's input schema" + first + ".")
        .withHint("GET /v1/tools/{name} shows the schema.")
        .withErrors(errors)
        .toException();
  }

  @SuppressWarnings("unchecked") // JsonObject holds null for JSON null; its type cannot say so
  private static Map<String, Object> nonNull(Map<String, ?> plain) {
    return (Map<String, Object>) plain;
  }

  /** Walks a schema before it is compiled. */
  private static final class Bounds {
    private final String tool;
    private int schemas;

    Bounds(String tool) {
      this.tool = tool;
    }

    void check(JsonValue value, int depth) {
      if (depth > MAX_DEPTH || ++schemas > MAX_SCHEMAS) {
        throw ToolDefinitionReader.invalid(
            tool, "its input schema is larger than 32 levels or 2,000 parts");
      }
      switch (value) {
        case JsonValue.Obj object ->
            object
                .members()
                .forEach(
                    (name, member) -> {
                      if (member instanceof JsonValue.Str text) {
                        keyword(name, text.value());
                      }
                      check(member, depth + 1);
                    });
        case JsonValue.Arr array -> array.items().forEach(item -> check(item, depth + 1));
        default -> {
          // A scalar has no parts.
        }
      }
    }

    private void keyword(String name, String text) {
      if (name.endsWith("$ref") || name.equals("$dynamicRef")) {
        if (!text.startsWith("#")) {
          throw ToolDefinitionReader.invalid(
              tool, "its input schema refers to another document; only #… is allowed");
        }
      }
      if (name.equals("pattern")) {
        if (text.length() > MAX_PATTERN) {
          throw ToolDefinitionReader.invalid(
              tool, "a pattern in its input schema is longer than 512 characters");
        }
        try {
          Pattern.compile(text);
        } catch (PatternSyntaxException e) {
          throw Problem.of(
                  ProblemCode.CONFIG_INVALID,
                  "Tool " + tool + ": a pattern in its input schema is not a regular expression.")
              .withRule("tools." + tool + ".input")
              .toException(e);
        }
      }
    }
  }
}
