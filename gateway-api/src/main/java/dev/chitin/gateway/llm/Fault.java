package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.List;

/**
 * Refusals of requests in the words of the providers: {@code messages: …}, {@code max_tokens: …}.
 */
final class Fault {
  private Fault() {}

  /**
   * A fault of the body.
   *
   * @param place what is wrong, {@code messages.3.content} say
   */
  static ChitinException in(String place, String detail) {
    return at(place, place, detail);
  }

  /**
   * The same where the text names it otherwise than the request does.
   *
   * @param param the member's own name
   */
  static ChitinException at(String place, String param, String detail) {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, place + ": " + detail)
        .withErrors(List.of(new Problem.FieldError(param, detail)))
        .toException();
  }
}
