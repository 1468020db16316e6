package dev.chitin.policy.command;

import dev.chitin.policy.Denial;
import dev.chitin.policy.Executable;
import java.util.Optional;

/**
 * One entry of a tool's {@code ProcessExec} grant, as it resolved when the rules were compiled.
 *
 * @param pattern as written: a bare name or an absolute path
 * @param file what it resolved to; empty when there is no such program here
 * @param interpreter real path of what runs it when it is a script
 * @param refused why it is no command, whatever the grant says
 */
record GrantedCommand(
    String pattern,
    Optional<Executable> file,
    Optional<String> interpreter,
    Optional<Denial> refused) {

  /** The name that {@code argv[0]} has to end in: it chooses the applet of a multi-call binary. */
  String name() {
    return baseName(pattern);
  }

  boolean isBareName() {
    return pattern.indexOf('/') < 0;
  }

  boolean resolvesTo(String path) {
    return file.isPresent() && file.get().path().equals(path);
  }

  static String baseName(String command) {
    return command.substring(command.lastIndexOf('/') + 1);
  }
}
