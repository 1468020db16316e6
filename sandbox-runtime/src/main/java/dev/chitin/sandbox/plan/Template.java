package dev.chitin.sandbox.plan;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with {@code ${input.name}} places. A place is filled with one argument of the call; the
 * result is one string, whatever the argument holds. Nothing else is special: there is no nesting,
 * no default, no escape.
 */
public final class Template {
  private static final Pattern PLACE = Pattern.compile("\\$\\{input\\.([A-Za-z0-9_-]{1,64})}");

  private Template() {}

  /** Refuses a template that has a place of another form. */
  public static void check(String template, JsonFields fields, String name) {
    if (PLACE.matcher(template).replaceAll("").contains("${")) {
      throw fields.invalid(name, "holds a placeholder that is not of the form ${input.name}");
    }
  }

  public static boolean hasPlaces(String template) {
    return template.contains("${");
  }

  /**
   * Fills the places of {@code template}.
   *
   * @param encode applied to each argument's text before it is put in
   */
  static String fill(String template, JsonValue.Obj arguments, UnaryOperator<String> encode) {
    if (!hasPlaces(template)) {
      return template;
    }
    Matcher matcher = PLACE.matcher(template);
    var filled = new StringBuilder();
    while (matcher.find()) {
      String text = encode.apply(text(arguments, matcher.group(1)));
      matcher.appendReplacement(filled, Matcher.quoteReplacement(text));
    }
    return matcher.appendTail(filled).toString();
  }

  /** An argument as text: a string as it is, anything else as canonical JSON. */
  static String text(JsonValue.Obj arguments, String name) {
    JsonValue value = arguments.get(name);
    if (value == null) {
      throw Problem.of(
              ProblemCode.REQUEST_ARGUMENTS_INVALID, "The tool needs the argument " + name + ".")
          .withHint("Give " + name + ", or make it required in the tool's input schema.")
          .toException();
    }
    return value instanceof JsonValue.Str string ? string.value() : CanonicalJson.string(value);
  }
}
