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
      case "auth" -> route.scope() != null;
      case "rate", "internal" -> true;
      case "session" -> route.scope() != null && under(route, "tools", "sessions");
      case "gateway" -> route.scope() != null;
      case "vault" -> under(route, "secrets") || calls(route) || asksModels(route);
      case "llm" -> asksModels(route);
      case "tool", "call", "idempotency", "policy", "sandbox", "deadline" -> runs(code, route);
      case "audit" -> under(route, "audit", "secrets") || calls(route) || asksModels(route);
      default -> false;
    };
  }

  /** What a call can be refused with, and what only its routes can answer. */
  private static boolean runs(ProblemCode code, OpenApiDocument.Described route) {
    return calls(route)
        || switch (code) {
          case TOOL_UNKNOWN -> under(route, "tools");
          case CALL_UNKNOWN -> under(route, "calls");
          case CALL_LIMIT -> under(route, "calls") || asksModels(route);
          case POLICY_HOST_DENIED, POLICY_CREDENTIAL_DENIED, POLICY_NO_PERMIT, DEADLINE_EXCEEDED ->
              asksModels(route);
          default -> false;
        };
  }

  private static boolean request(ProblemCode code, OpenApiDocument.Described route) {
    return switch (code) {
      case REQUEST_TOO_LARGE,
          REQUEST_UNSUPPORTED_MEDIA_TYPE,
          REQUEST_TIMEOUT,
          REQUEST_EXPECTATION_FAILED ->
          route.body();
      case REQUEST_UNKNOWN_FIELD, REQUEST_ARGUMENTS_INVALID -> calls(route) || route.body();
      case REQUEST_METHOD_NOT_ALLOWED, REQUEST_NOT_ACCEPTABLE -> false;
      case REQUEST_NOT_FOUND -> route.segments().stream().anyMatch(s -> s.startsWith("{"));
      default -> true;
    };
  }

  private static boolean calls(OpenApiDocument.Described route) {
    return route.method().equals("POST") && route.segments().getLast().equals("calls");
  }

  private static boolean asksModels(OpenApiDocument.Described route) {
    return under(route, "messages", "chat", "responses", "models");
  }

  private static boolean under(OpenApiDocument.Described route, String... rooms) {
    return route.segments().size() > 1 && List.of(rooms).contains(route.segments().get(1));
  }
}
