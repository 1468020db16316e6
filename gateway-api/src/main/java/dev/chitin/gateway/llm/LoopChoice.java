package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The header field {@code Chitin-Tool-Loop: on | off}, by which a client asks for the loop. */
final class LoopChoice {
  static final String FIELD = "chitin-tool-loop";

  private LoopChoice() {}

  /**
   * The loop that the client asks for, or null.
   *
   * @throws dev.chitin.bus.ChitinException {@code llm.tool_loop_off} where there is none, {@code
   *     request.malformed} for what is no choice
   */
  static @Nullable ToolLoopSettings of(
      LlmClient client, LlmRoute route, ProviderSettings provider) {
    List<String> values = client.request().headers().getAll(FIELD);
    if (values.isEmpty()) {
      return null;
    }
    String value = values.size() == 1 ? values.getFirst().strip().toLowerCase(Locale.ROOT) : "";
    if (value.equals("off")) {
      return null;
    }
    if (!value.equals("on")) {
      throw Fault.in(FIELD, "must be on or off, once");
    }
    if (!route.generates()) {
      throw Fault.in(FIELD, "goes with routes on which a model answers, not with this one");
    }
    ToolLoopSettings loop = provider.toolLoop();
    if (loop == null) {
      throw Problem.of(
              ProblemCode.LLM_TOOL_LOOP_OFF, "This gateway offers no tools to this provider.")
          .withRule(provider.key("tool_loop"))
          .withHint(
              "Leave out the header field Chitin-Tool-Loop, or an operator names the tools there.")
          .toException();
    }
    return loop;
  }
}
