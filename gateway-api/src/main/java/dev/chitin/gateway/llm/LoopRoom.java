package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;

/** What one loop may hold in answers and results, within the memory of all bodies. */
final class LoopRoom {
  private final BodyRoom.Share share;
  private final long base;
  private final ProviderSettings provider;
  private final ToolLoopSettings loop;
  private long taken;

  /**
   * @param share has the body already
   * @param base size of the client's own body
   */
  LoopRoom(BodyRoom.Share share, long base, ProviderSettings provider, ToolLoopSettings loop) {
    this.share = share;
    this.base = base;
    this.provider = provider;
    this.loop = loop;
  }

  /**
   * Takes room for {@code bytes} more.
   *
   * @throws ChitinException {@code llm.tool_loop_bound} beyond the loop's own, {@code
   *     gateway.overloaded} beyond that of all bodies
   */
  void take(long bytes) {
    taken += bytes;
    if (taken > loop.maxBytes()) {
      throw bound(
          provider,
          "Answers and results of the tool loop are more than " + loop.maxBytes() + " bytes.",
          "max_bytes");
    }
    share.grow(base + taken);
  }

  /** The refusal to go on beyond a bound of the configuration. */
  static ChitinException bound(ProviderSettings provider, String detail, String key) {
    String rule = provider.key("tool_loop." + key);
    return Problem.of(ProblemCode.LLM_TOOL_LOOP_BOUND, detail)
        .withRule(rule)
        .withHint("Ask for less at once, or an operator raises " + rule + ".")
        .toException();
  }
}
