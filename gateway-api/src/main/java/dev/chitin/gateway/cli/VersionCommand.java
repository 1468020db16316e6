package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin version}. */
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VersionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (json) {
      session.print(
          JsonValue.object()
              .put("version", Version.CURRENT)
              .put("java", Runtime.version().toString())
              .build());
    } else {
      session.out().println("chitin " + Version.CURRENT);
    }
    return ExitCode.OK.value();
  }
}
