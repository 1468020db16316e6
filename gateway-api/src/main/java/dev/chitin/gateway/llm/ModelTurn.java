package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a model said in one turn.
 *
 * @param asks tools that it wants, in its order; none when it waits for no tool
 * @param said what stands for the turn when the conversation goes on
 * @param closed why the conversation could not go on from here, or null
 * @param paused whether it goes on as soon as it is asked again
 * @param container where the provider's own tools work, by its id, or null
 */
record ModelTurn(
    List<ToolAsk> asks,
    List<JsonValue> said,
    @Nullable String closed,
    boolean paused,
    @Nullable JsonValue container) {
  ModelTurn {
    asks = List.copyOf(asks);
    said = List.copyOf(said);
  }

  /** One that asks for tools and nothing else. */
  static ModelTurn asking(List<ToolAsk> asks, List<JsonValue> said, @Nullable String closed) {
    return new ModelTurn(asks, said, closed, false, null);
  }

  /** A turn that ends the conversation for now. */
  static ModelTurn last() {
    return asking(List.of(), List.of(), null);
  }

  /**
   * Refuses a turn whose answers could not be told apart.
   *
   * @throws ChitinException {@code llm.provider_failed}
   */
  void requireDistinct() {
    Set<String> ids = new HashSet<>();
    for (ToolAsk ask : asks) {
      if (!ids.add(ask.id())) {
        throw broken("it asks for two tools under one id");
      }
    }
  }

  /**
   * The answers as a dialect words them, in the order of the asks.
   *
   * @param answers one for each of the asks
   * @param wording of one answer to one ask
   */
  List<JsonValue> answered(
      List<ToolAnswer> answers, BiFunction<ToolAsk, ToolAnswer, JsonValue.Builder> wording) {
    List<JsonValue> worded = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      worded.add(wording.apply(asks.get(i), answers.get(i)).build());
    }
    return worded;
  }

  /** What stands for the turn, and {@code more} after it. */
  List<JsonValue> followedBy(List<JsonValue> more) {
    List<JsonValue> all = new ArrayList<>(said);
    all.addAll(more);
    return all;
  }

  /** A turn that nothing can be made of. */
  static ChitinException broken(String why) {
    return Problem.of(
            ProblemCode.LLM_PROVIDER_FAILED, "The model's turn cannot be used: " + why + ".")
        .withHint("No tool of this turn was run; ask again, or another model.")
        .toException();
  }
}
