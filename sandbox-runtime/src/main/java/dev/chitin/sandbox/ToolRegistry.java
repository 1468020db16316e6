package dev.chitin.sandbox;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The tools of one configuration, by name; immutable. */
public final class ToolRegistry {

  /**
   * A tool that can be called.
   *
   * @param definition as declared
   * @param schema its compiled input schema
   */
  public record RegisteredTool(ToolDefinition definition, InputSchema schema) {}

  private final SortedMap<String, RegisteredTool> tools;

  private ToolRegistry(SortedMap<String, RegisteredTool> tools) {
    this.tools = tools;
  }

  /**
   * Registers {@code definitions}.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when a name occurs twice or a
   *     schema does not compile
   */
  public static ToolRegistry of(List<ToolDefinition> definitions) {
    var tools = new TreeMap<String, RegisteredTool>();
    for (ToolDefinition definition : definitions) {
      var tool =
          new RegisteredTool(
              definition, InputSchema.compile(definition.name(), definition.input()));
      if (tools.put(definition.name(), tool) != null) {
        throw ToolDefinitionReader.invalid(definition.name(), "its name is taken already");
      }
    }
    return new ToolRegistry(tools);
  }

  public Optional<RegisteredTool> find(String name) {
    return Optional.ofNullable(tools.get(name));
  }

  /** All tools, sorted by name. */
  public Collection<RegisteredTool> all() {
    return Collections.unmodifiableCollection(tools.values());
  }
}
