package dev.chitin.gateway.openapi;

import dev.chitin.bus.ProblemCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which problems a route may answer with. Told by families: what refuses a request before its
 * handler, and what the stations behind the handler refuse.
 */
final class Problems {
  private Problems() {}

  /** The codes by status. */
  static Map<Integer, List<ProblemCode>> statuses(OpenApiDocument.Described route) {
    Map<Integer, List<ProblemCode>> all = new TreeMap<>();
    Arrays.stream(ProblemCode.values())
        .filter(code -> mayHappen(code, route))
        .forEach(
            code -> all.computeIfAbsent(status(code, route), s -> new ArrayList<>()).add(code));
    return all;
  }

  private static int status(ProblemCode code, OpenApiDocument.Described route) {
    Operation operation = route.operation();
    return operation == null ? code.status() : operation.failure().status(code.status());
  }

  private static boolean mayHappen(ProblemCode code, OpenApiDocument.Described route) {
    String family = code.code().replaceAll("\\..*", "");
    return switch (family) {
      case "request" -> request(code, route);
      case "auth" -> route.scope() != null || tellsMore(code, route);
      case "rate", "internal" -> true;
      case "session" -> route.scope() != null && route.isUnder("tools", "sessions");
      case "gateway" -> route.scope() != null;
      case "vault" ->
          route.isUnder("secrets") || route.calls() || looksAtCall(route) || route.asksModels();
      case "llm" -> route.asksModels();
      case "tool", "call", "idempotency", "policy", "sandbox", "deadline" -> runs(code, route);
      case "audit" ->
          route.isUnder("audit", "secrets")
              || route.calls()
              || looksAtCall(route)
              || route.asksModels();
      default -> false;
    };
  }

  /** Health says more to who has a credential; one that is not valid is refused there too. */
  private static boolean tellsMore(ProblemCode code, OpenApiDocument.Described route) {
    return route.segments().getFirst().equals("health")
        && code != ProblemCode.AUTH_MISSING
        && code != ProblemCode.AUTH_SCOPE_INSUFFICIENT;
  }

  /** What a call can be refused with, and what only its routes can answer. */
  private static boolean runs(ProblemCode code, OpenApiDocument.Described route) {
    return route.calls()
        || looksAtCall(route)
        || switch (code) {
          case TOOL_UNKNOWN -> route.isUnder("tools");
          case CALL_UNKNOWN -> route.isUnder("calls");
          case CALL_LIMIT -> route.isUnder("calls") || route.asksModels();
          case POLICY_HOST_DENIED, POLICY_CREDENTIAL_DENIED, POLICY_NO_PERMIT, DEADLINE_EXCEEDED ->
              route.asksModels();
          default -> false;
        };
  }

  private static boolean request(ProblemCode code, OpenApiDocument.Described route) {
    return switch (code) {
      case REQUEST_TOO_LARGE -> route.body();
      case REQUEST_TIMEOUT -> route.scope() != null;
      case REQUEST_UNKNOWN_FIELD, REQUEST_ARGUMENTS_INVALID -> route.calls() || route.body();
      case REQUEST_NOT_ACCEPTABLE -> route.calls();
      case REQUEST_METHOD_NOT_ALLOWED -> false;
      case REQUEST_NOT_FOUND -> route.segments().stream().anyMatch(s -> s.startsWith("{"));
      default -> true;
    };
  }

  /** What came of a call that answered at once: its refusal is that of the look. */
  private static boolean looksAtCall(OpenApiDocument.Described route) {
    return route.method().equals("GET")
        && route.isUnder("calls")
        && route.segments().getLast().equals("{id}");
  }
}
