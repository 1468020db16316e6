package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tools in the Messages API: {@code tool_use} blocks, answered by {@code tool_result} blocks. */
final class AnthropicLoop implements LoopDialect {
  private static final Set<String> FORCED = Set.of("any", "tool");

  /** The provider wants to be asked again for what its own tools have left to do. */
  private static final String PAUSED = "pause_turn";

  @Override
  public void requireFit(JsonValue.Obj request) {
    if (Members.has(request, "thread")) {
      throw Fault.in("thread", "does not go with the tool loop, whose turns would be kept twice");
    }
  }

  @Override
  public String nameOf(JsonValue.Obj tool) {
    return Members.text(tool, "name");
  }

  @Override
  public JsonValue.Obj listed(String name, ToolDefinition tool) {
    return LoopDialect.described(JsonValue.object(), name, tool, "input_schema").build();
  }

  @Override
  public ModelTurn read(JsonValue.Obj answer) {
    return turn(answer, List.of(), null);
  }

  @Override
  public ModelTurn readEvents(List<JsonValue.Obj> events) {
    var message = new AnthropicStream();
    events.forEach(message::take);
    return turn(message.message(), message.asks(), message.unknown());
  }

  /**
   * @param streamed asks that were read from events already
   */
  private static ModelTurn turn(
      JsonValue.Obj message, List<ToolAsk> streamed, @Nullable String closed) {
    String stopped = Members.text(message, "stop_reason");
    if (!stopped.equals("tool_use") && !stopped.equals(PAUSED)) {
      return ModelTurn.last();
    }
    List<JsonValue> content =
        Members.items(message.get("content")).stream().filter(block -> !isEmpty(block)).toList();
    List<ToolAsk> asks = new ArrayList<>(streamed);
    for (JsonValue item : content) {
      if (!(item instanceof JsonValue.Obj block) || Members.text(block, "type").isEmpty()) {
        throw ModelTurn.broken("a block of it has no type");
      }
      if (streamed.isEmpty() && Members.text(block, "type").equals("tool_use")) {
        if (!(block.get("input") instanceof JsonValue.Obj input)) {
          throw ModelTurn.broken("a tool_use of it has no input");
        }
        asks.add(
            ToolAsk.of(block.get("id"), block.get("name"), input)
                .within(block.get("toolset_name")));
      }
    }
    JsonValue said =
        JsonValue.object()
            .put("role", "assistant")
            .put("content", new JsonValue.Arr(content))
            .build();
    return new ModelTurn(
        asks,
        List.of(said),
        closed,
        stopped.equals(PAUSED),
        Members.object(message, "container").get("id"));
  }

  /** Models write empty texts at times, and providers take none back. */
  private static boolean isEmpty(JsonValue item) {
    return item instanceof JsonValue.Obj block
        && Members.text(block, "type").equals("text")
        && Members.text(block, "text").isEmpty();
  }

  @Override
  public JsonValue.Obj next(JsonValue.Obj request, ModelTurn turn, List<ToolAnswer> answers) {
    List<JsonValue> results =
        turn.answered(
            answers,
            (ask, answer) ->
                JsonValue.object()
                    .put("type", "tool_result")
                    .put("tool_use_id", ask.id())
                    .put("toolset_name", ask.toolset())
                    .put("content", answer.text())
                    .put("is_error", answer.error()));
    JsonValue message =
        JsonValue.object().put("role", "user").put("content", new JsonValue.Arr(results)).build();
    List<JsonValue> more = turn.followedBy(results.isEmpty() ? List.of() : List.of(message));
    return unforced(inContainer(Members.appended(request, "messages", more), turn.container()));
  }

  /** What the provider's own tools have made so far is there alone. */
  private static JsonValue.Obj inContainer(JsonValue.Obj request, @Nullable JsonValue id) {
    if (!(id instanceof JsonValue.Str name)) {
      return request;
    }
    JsonValue container =
        request.get("container") instanceof JsonValue.Obj asked
            ? Members.with(asked, "id", name)
            : name;
    return Members.with(request, "container", container);
  }

  /** A choice that forces a tool has had its effect; kept, the model could never answer. */
  private static JsonValue.Obj unforced(JsonValue.Obj request) {
    JsonValue.Obj choice = Members.object(request, "tool_choice");
    return FORCED.contains(Members.text(choice, "type"))
        ? Members.with(
            request,
            "tool_choice",
            JsonValue.object()
                .put("type", "auto")
                .put("disable_parallel_tool_use", choice.get("disable_parallel_tool_use"))
                .build())
        : request;
  }
}
