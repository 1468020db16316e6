package dev.chitin.sandbox.exec;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import org.jspecify.annotations.Nullable;

/**
 * Watches calls go by, for metrics and traces. What it is told is a closed set of words and times:
 * no argument, no output. Called on the executor's threads; must neither block nor throw.
 */
@FunctionalInterface
public interface CallObserver {
  /** Watches nothing. */
  CallObserver NONE = (call, tool, context) -> Observation.NONE;

  /** What a call goes through, in order. */
  enum Station {
    PLAN,
    DECIDE,
    AUDIT,
    START,
    RUN
  }

  /** How a call ended. */
  enum Ending {
    OK,
    TOOL_ERROR,
    DENIED,
    APPROVAL_PENDING,
    CANCELLED,
    TIMEOUT,
    LIMIT,
    ERROR;

    /** The ending of a run with that status, see {@link dev.chitin.sandbox.ToolResult}. */
    public static Ending ofStatus(String status, boolean succeeded) {
      return switch (status) {
        case "cancelled" -> CANCELLED;
        case "deadline" -> TIMEOUT;
        case "output_limit", "oom", "disk_limit", "cpu_limit" -> LIMIT;
        case "setup_failed" -> ERROR;
        default -> succeeded ? OK : TOOL_ERROR;
      };
    }

    /** The ending of a call that did not run. */
    public static Ending ofProblem(ProblemCode code) {
      return switch (code) {
        case CALL_CANCELLED -> CANCELLED;
        case DEADLINE_EXCEEDED -> TIMEOUT;
        case SANDBOX_BUSY, CALL_LIMIT, GATEWAY_OVERLOADED -> LIMIT;
        default -> code.status() == 403 ? DENIED : ERROR;
      };
    }
  }

  /**
   * A call begins.
   *
   * @param tool the tool that is registered under the call's name, or null when there is none
   */
  Observation begin(ToolCall call, @Nullable ToolDefinition tool, CallContext context);

  /** One call. */
  interface Observation {
    /** Watches nothing. */
    Observation NONE =
        new Observation() {
          @Override
          public void passed(Station station) {}

          @Override
          public void ended(Ending ending, @Nullable ProblemCode code) {}
        };

    /** The call has left {@code station} behind, whether or not it goes on. */
    void passed(Station station);

    /**
     * The call is over; said once.
     *
     * @param code why it did not run, or null when it ran
     */
    void ended(Ending ending, @Nullable ProblemCode code);
  }
}
