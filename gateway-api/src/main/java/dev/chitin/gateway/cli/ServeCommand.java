package dev.chitin.gateway.cli;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Gateway;
import dev.chitin.gateway.GatewaySettings;
import dev.chitin.gateway.logging.LogFormat;
import dev.chitin.gateway.reload.ConfigSource;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin serve}: runs the gateway until it is told to stop. */
@Command(name = "serve", description = "Run the gateway until SIGTERM or SIGINT.")
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  private Session session;

  @Option(names = "--config", paramLabel = "FILE", description = "Default: chitin.json5.")
  private @Nullable Path config;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port to listen on; 0 picks a free one. Printed as the first line.")
  private @Nullable Integer port;

  @Option(
      names = "--log-format",
      paramLabel = "text|json",
      description = "How lines of the log are written; default gateway.log_format.")
  private @Nullable String logFormat;

  @Option(names = "--json", description = "Print the address as JSON.")
  private boolean json;

  ServeCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (logFormat != null) {
      if (!LogFormat.texts().contains(logFormat)) {
        throw unusable("--log-format", "is text or json");
      }
      session = session.with("CHITIN_GATEWAY__LOG_FORMAT", logFormat);
      LogFormat.of(logFormat).use();
    }
    if (port != null && (port < 0 || port > 65_535)) {
      throw unusable("--port", "is a number from 0 to 65535");
    }
    ConfigSource source = session.source(config);
    GatewaySettings settings = session.settingsOf(source.loaded());
    Gateway gateway =
        Gateway.start(
            port == null ? settings : settings.withPort(port),
            session.access().toVaultAccess(),
            source);
    UntilSignal end = UntilSignal.of(gateway);
    Signals.on("HUP", () -> reload(gateway));
    String url = gateway.url();
    if (json) {
      session.print(JsonValue.object().put("url", url).build());
    } else {
      session.out().println(url);
    }
    session.out().flush();
    end.stop();
    return ExitCode.OK.value();
  }

  private static ChitinException unusable(String option, String what) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, option + " " + what + ".")
        .withRule(option)
        .withHint("chitin serve --help shows what it takes.")
        .toException();
  }

  private static void reload(Gateway gateway) {
    try {
      gateway.reload("SIGHUP");
    } catch (ChitinException refused) {
      LOG.debug("refused", refused); // It has said so itself.
    }
  }
}
