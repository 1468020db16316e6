package dev.chitin.sandbox.plan;

import dev.chitin.policy.Invocation;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.ToolDefinition;
import java.util.List;
import java.util.Optional;

/** What the planner asks of the machine; each answer may need file system calls. */
public interface World {

  /** Follows the links of a canonical absolute path, deciding nothing. */
  Invocation.FileTarget resolve(String canonicalPath);

  /** The program that a name or path stands for, with its digest, when there is one. */
  Optional<Invocation.ExecutedFile> executable(String command);

  /**
   * The further programs that {@code argv} runs through a wrapper such as {@code env}, as it names
   * them.
   */
  List<String> innerCommands(List<String> argv);

  /**
   * The mounts that a tool's effective capabilities come to, each at its own path; what does not
   * exist is left out.
   */
  List<Mount> mounts(ToolDefinition tool);

  /** Places inside those mounts that the tool must neither read nor write; absolute. */
  List<String> hidden(List<Mount> mounts);
}
