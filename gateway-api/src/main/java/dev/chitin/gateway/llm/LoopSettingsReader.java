package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code providers.<name>.tool_loop}. */
final class LoopSettingsReader {
  private static final int MOST_TOOLS = 128;

  private LoopSettingsReader() {}

  /**
   * Reads it.
   *
   * @param key where it stands
   * @throws ChitinException {@code config.invalid} with the key
   */
  static ToolLoopSettings read(JsonFields fields, String key) {
    List<String> tools = fields.strings("tools").orElse(List.of());
    if (tools.isEmpty() || tools.size() > MOST_TOOLS) {
      throw invalid(
          key + ".tools",
          "names " + tools.size() + " tools",
          "Name 1 to " + MOST_TOOLS + ", or leave tool_loop out.");
    }
    Map<String, String> names = new HashMap<>();
    for (String tool : tools) {
      String other = names.put(ToolLoopSettings.modelName(tool), tool);
      if (other != null) {
        throw invalid(
            key + ".tools",
            "holds '" + other + "' and '" + tool + "', which models would know by one name",
            "Name one of them alone; a dot in a name is an underscore to models.");
      }
    }
    return new ToolLoopSettings(
        tools,
        fields.integer("max_turns", 1, 64).orElse(8L).intValue(),
        fields.integer("max_calls_per_turn", 1, 128).orElse(16L).intValue(),
        fields.integer("max_bytes", 1_024, 64 << 20).orElse(4L << 20).intValue(),
        fields.integer("result_bytes", 256, 8 << 20).orElse(64L << 10).intValue(),
        fields.integer("timeout_ms", 100, 3_600_000).orElse(600_000L));
  }

  private static ChitinException invalid(String key, String fault, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + " " + fault + ".")
        .withRule(key)
        .withHint(hint)
        .toException();
  }
}
