package dev.chitin.gateway.cli;

import dev.chitin.gateway.GatewaySettings;
import dev.chitin.gateway.quickstart.Quickstart;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin quickstart}: the main job on embedded defaults, shown with real calls. */
@Command(
    name = "quickstart",
    description = "Set up, start, make real calls, verify the log, and stay up.")
final class QuickstartCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--once", description = "End after the demonstration.")
  private boolean once;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port to listen on; 0 picks a free one.")
  private @Nullable Integer port;

  QuickstartCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    // Nobody balances a load over a demonstration: Ctrl-C ends it at once.
    Session session = this.session.with("CHITIN_GATEWAY__DRAIN__DELAY_MS", "0");
    GatewaySettings settings = session.settings(null);
    try (var quickstart =
        Quickstart.start(
            port == null ? settings : settings.withPort(port),
            () -> port == null ? session.settings(null) : session.settings(null).withPort(port),
            session.access().toVaultAccess(),
            session.out())) {
      boolean held = quickstart.demonstrate();
      if (!held) {
        session.err().println("chitin: a promise was not kept; see FAILED above.");
        return ExitCode.VERIFICATION_FAILED.value();
      }
      if (!once) {
        UntilSignal end = UntilSignal.of(quickstart.gateway());
        session.out().println("The gateway stays up; stop it with Ctrl-C.");
        session.out().flush();
        end.stop();
      }
      return ExitCode.OK.value();
    }
  }
}
