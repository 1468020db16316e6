package dev.chitin.sandbox.verticle;

import dev.chitin.bus.Address;
import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Runs a tool by asking a verticle on the bus: the arguments go out as a JSON object, the
 * structured output comes back as one.
 */
public final class VerticleBackend implements Backend {
  /** Most unanswered calls of one address. */
  public static final int MAX_IN_FLIGHT = 4_096;

  private final Map<String, Endpoint<JsonValue.Obj, JsonValue.Obj>> endpoints = new HashMap<>();

  /**
   * @param addresses those that the registered tools name; no other can be called
   */
  public VerticleBackend(Bus bus, Set<String> addresses) {
    addresses.forEach(
        address -> endpoints.put(address, bus.endpoint(address(address), MAX_IN_FLIGHT)));
  }

  /** The typed address under which a verticle serves a tool. */
  public static Address<JsonValue.Obj, JsonValue.Obj> address(String name) {
    return new Address<>(name, JsonValue.Obj.class, JsonValue.Obj.class);
  }

  @Override
  public String name() {
    return "verticle";
  }

  @Override
  public Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context) {
    if (!(call.plan().plan().invocation() instanceof Invocation.VerticleCall invocation)) {
      return Future.failedFuture(
          Problem.of(ProblemCode.INTERNAL, "A plan of another backend came here.").toException());
    }
    Endpoint<JsonValue.Obj, JsonValue.Obj> endpoint = endpoints.get(invocation.address());
    if (endpoint == null) {
      return Future.failedFuture(
          Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, "No extension serves this tool.")
              .toException());
    }
    Deadline wall = Deadline.after(Duration.ofMillis(call.plan().plan().limits().wallMillis()));
    BusCall<JsonValue.Obj> running = endpoint.start(call.input(), context.deadline().min(wall));
    context.cancelled().onSuccess(running::cancel);
    return running
        .result()
        .map(output -> Outcome.exited(0, Bytes.EMPTY, Bytes.EMPTY, output))
        .recover(failure -> ended(ChitinException.from(failure), context));
  }

  private static Future<Outcome> ended(ChitinException failure, CallContext context) {
    if (context.isCancelled()) {
      return Future.succeededFuture(stopped("cancelled"));
    }
    return switch (failure.code()) {
      case DEADLINE_EXCEEDED -> Future.succeededFuture(stopped("deadline"));
      case GATEWAY_DRAINING, GATEWAY_OVERLOADED -> Future.failedFuture(failure);
      default ->
          Future.succeededFuture(
              Outcome.exited(
                  1,
                  Bytes.EMPTY,
                  Bytes.adopt(failure.problem().detail().getBytes(StandardCharsets.UTF_8)),
                  null));
    };
  }

  private static Outcome stopped(String status) {
    return new Outcome(status, null, Bytes.EMPTY, Bytes.EMPTY, 0, 0, null, java.util.List.of());
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
