package dev.chitin.sandbox;

import dev.chitin.bus.json.JsonFields;
import dev.chitin.policy.DeclaredOutput;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the files that a process tool declares: {@code outputs: {name: {path, max_bytes,
 * required}}}.
 */
final class OutputDeclarations {
  /** Most bytes of all outputs of one tool together, all of which one answer holds: 64 MiB. */
  static final long MOST_BYTES_TOGETHER = 64 << 20;

  private OutputDeclarations() {}

  /**
   * Reads them, sorted by name.
   *
   * @throws dev.chitin.bus.ChitinException with the place of what is wrong
   */
  static List<DeclaredOutput> read(JsonFields outputs) {
    List<String> names = outputs.names();
    if (names.size() > DeclaredOutput.MOST) {
      throw outputs.invalid("", "must have at most " + DeclaredOutput.MOST + " members");
    }
    List<DeclaredOutput> declared = new ArrayList<>();
    for (String name : names) {
      if (!DeclaredOutput.isName(name)) {
        throw outputs.invalid(
            name, "must be named by 1 to 64 letters, digits, dots, underscores, hyphens");
      }
      declared.add(output(name, outputs.required(name, outputs.fields(name))));
    }
    if (declared.stream().mapToLong(DeclaredOutput::maxBytes).sum() > MOST_BYTES_TOGETHER) {
      throw outputs.invalid("", "must have at most " + MOST_BYTES_TOGETHER + " bytes together");
    }
    return List.copyOf(declared);
  }

  private static DeclaredOutput output(String name, JsonFields fields) {
    String path = fields.required("path", fields.string("path"));
    DeclaredOutput.pathFault(path)
        .ifPresent(
            fault -> {
              throw fields.invalid("path", fault);
            });
    var output =
        new DeclaredOutput(
            name,
            path,
            fields
                .integer("max_bytes", 1, DeclaredOutput.MOST_BYTES)
                .orElse(DeclaredOutput.DEFAULT_BYTES),
            fields.bool("required").orElse(true));
    fields.end();
    return output;
  }
}
