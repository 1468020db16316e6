package dev.chitin.gateway.calls;

import dev.chitin.bus.json.JsonValue;

/** What a request with an idempotency key is. */
public sealed interface IdempotencyClaim {
  /** The first: its call may be made once it is {@link IdempotencyKeys#keep kept}. */
  final class First implements IdempotencyClaim {
    private final IdempotentUse use;

    First(IdempotentUse use) {
      this.use = use;
    }

    IdempotentUse use() {
      return use;
    }
  }

  /** One more; the call of the first is under way. */
  record Running(String callId) implements IdempotencyClaim {}

  /** One more; the call of the first ended so, see {@link IdempotencyKeys#ended}. */
  record Over(String callId, JsonValue.Obj outcome) implements IdempotencyClaim {}

  /** One more; a process that died made the call of the first, and its end is not known. */
  record Unknown(String callId) implements IdempotencyClaim {}
}
