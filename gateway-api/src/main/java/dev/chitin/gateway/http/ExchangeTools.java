package dev.chitin.gateway.http;

import dev.chitin.bus.BusCall;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.llm.CallerTools;
import dev.chitin.gateway.rate.RateLimiter;
import dev.chitin.gateway.rate.RateLimits;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tools that the caller of one exchange may use, called within it: each call costs the caller a
 * token and a place like a request of its own, and goes the same way.
 */
final class ExchangeTools implements CallerTools {
  private static final List<Scope> NEEDED = List.of(Scope.TOOLS_READ, Scope.TOOLS_CALL);

  /** What of a result is about the gateway and not about what the tool did. */
  private static final Set<String> GATEWAYS = Set.of("callId", "audit", "durationMs", "notes");

  private final Exchange exchange;
  private final Caller caller;
  private final @Nullable String session;
  private final ToolRegistry registry;
  private final ToolExecutor executor;
  private final CallAdmission admission;
  private final RateLimits limits;
  private final long callTimeoutMillis;

  ExchangeTools(Exchange exchange, @Nullable String session, HttpEdge edge) {
    this.exchange = exchange;
    this.caller = exchange.caller();
    this.session = session;
    this.registry = edge.registry();
    this.executor = edge.executor().within();
    this.admission = edge.admission();
    this.limits = edge.limits();
    this.callTimeoutMillis = edge.settings().bounds().callTimeoutMillis();
  }

  @Override
  public void require() {
    for (Scope scope : NEEDED) {
      if (!caller.may(scope)) {
        throw Problem.of(
                ProblemCode.AUTH_SCOPE_INSUFFICIENT,
                "The tool loop needs the scope " + scope + ", which the credential lacks.")
            .withRule("scope." + scope)
            .withHint("Use a key with " + Scope.TOOLS_READ + " and " + Scope.TOOLS_CALL + ".")
            .toException();
      }
    }
  }

  @Override
  public Optional<ToolDefinition> find(String name) {
    return caller.permissions().reaches(name)
        ? registry.find(name).map(ToolRegistry.RegisteredTool::definition)
        : Optional.empty();
  }

  @Override
  public Running call(String name, JsonValue.Obj arguments, String callId, Deadline deadline) {
    caller.requireTool(name);
    ToolRegistry.RegisteredTool tool =
        registry
            .find(name)
            .orElseThrow(
                () ->
                    Problem.of(ProblemCode.TOOL_UNKNOWN, "There is no tool of that name.")
                        .toException());
    takeToken();
    tool.schema().check(arguments);
    String slot = caller.account();
    admission.enter(slot);
    var call = new ToolCall(callId, caller.principal(), session, name, arguments, null);
    BusCall<ToolResult> begun =
        executor.execute(
            call,
            Deadline.after(java.time.Duration.ofMillis(callTimeoutMillis)).min(deadline),
            exchange.trace());
    Future<ToolResult> result = begun.result().onComplete(done -> admission.leave(slot));
    return new Running() {
      @Override
      public Future<Done> result() {
        return result.map(ended -> new Done(document(ended), ended.succeeded()));
      }

      @Override
      public void cancel(String reason) {
        begun.cancel(reason);
      }
    };
  }

  private void takeToken() {
    RateLimiter.Verdict verdict = limits.principal(caller.account());
    if (!verdict.allowed()) {
      throw Problem.of(ProblemCode.RATE_LIMITED, "This principal asked too often.")
          .withRule("gateway.rate_limit")
          .withHint("Ask for fewer tools.")
          .toException();
    }
  }

  private static JsonValue.Obj document(ToolResult result) {
    JsonValue.Builder document = JsonValue.object();
    ResultJson.of(result)
        .members()
        .forEach(
            (name, value) -> {
              if (!GATEWAYS.contains(name)) {
                document.put(name, value);
              }
            });
    return document.build();
  }
}
