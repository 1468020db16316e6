package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Gateway;
import dev.chitin.gateway.GatewaySettings;
import io.vertx.core.http.HttpMethod;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin doctor}: attacks the controls and says which hold. */
@Command(
    name = "doctor",
    description = "Attack the gateway's own controls and say which of them hold.")
final class DoctorCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "What to examine while no gateway runs; default chitin.json5. A running one examines what"
              + " it was started with.")
  private @Nullable Path config;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DoctorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonValue.Obj report = report();
    if (json) {
      session.print(report);
    } else {
      print(report);
    }
    boolean sound = report.get("sound") instanceof JsonValue.Bool verdict && verdict.value();
    return (sound ? ExitCode.OK : ExitCode.UNAVAILABLE).value();
  }

  private JsonValue.Obj report() {
    if (AdminClient.listens(session.home().adminSocket())) {
      if (config != null) {
        throw Problem.of(
                ProblemCode.REQUEST_ARGUMENTS_INVALID,
                "A gateway runs for "
                    + session.home().root()
                    + ", and examines what it was started with.")
            .withRule("--config")
            .withHint("Leave --config out, or name another home by CHITIN_HOME.")
            .toException();
      }
      try (var client = new AdminClient(session.home().adminSocket())) {
        return client.call(HttpMethod.POST, "/admin/doctor");
      }
    }
    GatewaySettings settings = session.settings(config);
    return Gateway.examine(settings, session.access().toVaultAccess()).toJson();
  }

  private void print(JsonValue.Obj report) {
    List<JsonValue> controls =
        report.get("controls") instanceof JsonValue.Arr list ? list.items() : List.of();
    for (JsonValue item : controls) {
      if (item instanceof JsonValue.Obj control) {
        session
            .out()
            .printf(
                "%-14s %-32s %s%n",
                Texts.of(control, "verdict"),
                Texts.of(control, "control"),
                Texts.of(control, "detail"));
      }
    }
  }
}
