package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.List;

/**
 * What the gateway's tools may do for the models of one provider.
 *
 * @param tools names of the tools that are offered, none twice, each under its {@linkplain
 *     #modelName own name for models}
 * @param maxTurns most requests to the provider for one request of a client
 * @param maxCalls most calls of tools that one turn of the model may make
 * @param maxBytes of all answers and results together
 * @param resultBytes of one result; what is more is cut
 * @param timeoutMillis longest loop in all
 */
public record ToolLoopSettings(
    List<String> tools,
    int maxTurns,
    int maxCalls,
    int maxBytes,
    int resultBytes,
    long timeoutMillis) {
  public ToolLoopSettings {
    tools = List.copyOf(tools);
  }

  /** The name by which models know a tool: providers take no dots in names. */
  static String modelName(String tool) {
    return tool.replace('.', '_');
  }

  /** As it stands in the definition that plans name by digest. */
  JsonValue.Obj json() {
    return JsonValue.object()
        .put("tools", tools)
        .put("maxTurns", maxTurns)
        .put("maxCalls", maxCalls)
        .put("maxBytes", maxBytes)
        .put("resultBytes", resultBytes)
        .put("timeoutMillis", timeoutMillis)
        .build();
  }
}
