package dev.chitin.sandbox.file;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation.FileTarget;

/** One of the four operations. Runs on a pool thread and may block there. */
@FunctionalInterface
interface FileOperation {

  /**
   * Does it.
   *
   * @param input the arguments, which fit the tool's schema
   * @return the structured output
   * @throws OperationFailed with a reason for the caller
   */
  JsonValue.Obj run(RootedFiles files, FileTarget target, JsonValue.Obj input, Progress progress)
      throws OperationFailed;
}
