package dev.chitin.sandbox;

import dev.chitin.bus.Address;

/** Where the sandbox is served on the bus. */
public final class SandboxAddresses {
  public static final Address<ToolCall, ToolResult> EXECUTE =
      new Address<>("chitin.sandbox.execute", ToolCall.class, ToolResult.class);

  private SandboxAddresses() {}

  /** Where the pieces of one call's output go. */
  public static Address<OutputChunk, OutputChunk.Ack> output(String name) {
    return new Address<>(name, OutputChunk.class, OutputChunk.Ack.class);
  }
}
