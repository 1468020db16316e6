package dev.chitin.gateway;

import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.telemetry.LoopTicks;
import java.util.ArrayList;
import java.util.List;

/** What stands in the way of new calls now, asked anew each time. */
final class Impediments {
  private Impediments() {}

  /** Codes; empty when nothing does. */
  static List<String> of(Foundation foundation, LoopTicks loops) {
    List<String> codes =
        new ArrayList<>(foundation.log().impediments().stream().map(ProblemCode::code).toList());
    if (!foundation.localVault().status().writable()) {
      codes.add(ProblemCode.VAULT_UNAVAILABLE.code());
    }
    if (!loops.turning()) {
      codes.add(ProblemCode.GATEWAY_OVERLOADED.code());
    }
    return codes;
  }
}
