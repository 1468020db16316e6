package dev.chitin.gateway.llm;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import io.vertx.core.Future;
import java.util.Optional;

/** The gateway's tools as one client may use them. */
public interface CallerTools {

  /**
   * What a call came to.
   *
   * @param document status, output and what else the client would be told
   * @param succeeded whether the tool did what was asked
   */
  record Done(JsonValue.Obj document, boolean succeeded) {}

  /** A call that was begun. */
  interface Running {
    /** Fails with what refused it. */
    Future<Done> result();

    /** Ends it; it is recorded all the same. */
    void cancel(String reason);
  }

  /**
   * Refuses a client whose credential may see or call no tool at all.
   *
   * @throws dev.chitin.bus.ChitinException {@code auth.scope_insufficient}
   */
  void require();

  /** The tool of that name, if there is one and the client may see and call it. */
  Optional<ToolDefinition> find(String name);

  /**
   * Calls a tool as {@code POST /v1/tools/{name}/calls} does: credential, rate and place of the
   * client, schema, plan, decision, record, sandbox.
   *
   * @param callId unique
   */
  Running call(String name, JsonValue.Obj arguments, String callId, Deadline deadline);
}
