package dev.chitin.sandbox;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Principal;
import org.jspecify.annotations.Nullable;

/**
 * One call as the gateway hands it on: authenticated, parsed, and its arguments valid against the
 * tool's input schema.
 *
 * @param callId unique, made by the gateway
 * @param principal who calls
 * @param session the caller's session, or null
 * @param tool the tool's name
 * @param arguments the value that the schema checked; it is not parsed again
 * @param outputAddress bus address that takes {@link OutputChunk}s as they come, or null
 */
public record ToolCall(
    String callId,
    Principal principal,
    @Nullable String session,
    String tool,
    JsonValue.Obj arguments,
    @Nullable String outputAddress) {

  /** The same with its output going to {@code address}. */
  public ToolCall withOutput(String address) {
    return new ToolCall(callId, principal, session, tool, arguments, address);
  }
}
