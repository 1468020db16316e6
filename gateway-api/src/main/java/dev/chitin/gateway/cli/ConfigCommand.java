package dev.chitin.gateway.cli;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.SettingsReader;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.ConfigFault;
import dev.chitin.gateway.config.Configuration;
import io.vertx.core.http.HttpMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin config}: looks at the configuration and starts nothing. */
@Command(
    name = "config",
    description = "Check the configuration, take over a changed one, or print its schema.")
final class ConfigCommand {
  private final Session session;

  ConfigCommand(Session session) {
    this.session = session;
  }

  @Command(
      name = "validate",
      description =
          "Check a configuration file and the files that it names. Valid is also what names files"
              + " that are not here; what serve would refuse here for that is told.")
  int validate(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = "Default: chitin.json5.")
          @Nullable Path file,
      @Option(names = "--config", description = "The same, as an option.") @Nullable Path config,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    Path named = file == null ? config : file;
    Path checked = session.configurationFile(named);
    if (named != null && !Files.exists(named)) {
      report(List.of(new ConfigFault(named.toString(), "", "does not exist")), json);
      return ExitCode.USAGE.value();
    }
    try {
      Configuration configuration = Configuration.load(checked, session.environment());
      report(
          checked,
          SettingsReader.check(configuration, session.home(), session.environment()),
          json);
      return ExitCode.OK.value();
    } catch (ConfigException e) {
      report(e.faults(), json);
      return ExitCode.USAGE.value();
    }
  }

  private void report(Path file, List<ConfigFault> absent, boolean json) {
    if (json) {
      session.print(
          JsonValue.object()
              .put("valid", true)
              .put("faults", new JsonValue.Arr(List.of()))
              .put("absent", faults(absent))
              .build());
      return;
    }
    session
        .out()
        .println(
            Files.exists(file)
                ? file + " is valid."
                : file + " does not exist; the defaults hold, and are valid.");
    absent.forEach(fault -> session.out().println("serve would refuse here: " + fault));
  }

  private void report(List<ConfigFault> faults, boolean json) {
    if (json) {
      session.print(JsonValue.object().put("valid", false).put("faults", faults(faults)).build());
    }
    faults.forEach(fault -> session.err().println(fault));
  }

  private static JsonValue.Arr faults(List<ConfigFault> faults) {
    return new JsonValue.Arr(
        faults.stream()
            .<JsonValue>map(
                fault ->
                    JsonValue.object()
                        .put("place", fault.place())
                        .put("key", fault.key())
                        .put("detail", fault.detail())
                        .build())
            .toList());
  }

  @Command(
      name = "reload",
      description = "Have the running gateway take over the changed configuration, all or nothing.")
  int reload(@Option(names = "--json", description = "Print JSON.") boolean json) {
    try (AdminClient client = session.gateway("The next start reads the configuration.")) {
      JsonValue.Obj answer = client.call(HttpMethod.POST, "/admin/config/reload");
      if (json) {
        session.print(answer);
      } else {
        session.out().println("The configuration is " + Texts.of(answer, "outcome") + ".");
        if (answer.get("keys") instanceof JsonValue.Arr keys) {
          keys.items().forEach(key -> session.out().println("  " + key.toPlain()));
        }
      }
      return ExitCode.OK.value();
    }
  }

  @Command(name = "schema", description = "Print the JSON Schema of the configuration.")
  int schema() {
    session.out().println(CanonicalJson.inOrder(Configuration.schema()));
    return ExitCode.OK.value();
  }
}
