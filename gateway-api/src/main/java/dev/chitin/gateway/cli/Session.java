package dev.chitin.gateway.cli;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.ChitinHome;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.GatewaySettings;
import dev.chitin.gateway.SettingsReader;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.ConfigFault;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.reload.ConfigSource;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One run of the command line: its environment and its streams.
 *
 * @param environment the process's environment
 * @param out for results
 * @param err for messages
 * @param access how it gets into the vault
 */
record Session(Map<String, String> environment, PrintStream out, PrintStream err, Access access) {
  /** Who acts, as the records of work on a stopped gateway's state have it. */
  static final String ACTOR = "local-operator";

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** Until when one step of work on a stopped gateway's state has to be done. */
  static Deadline deadline() {
    return Deadline.after(TIMEOUT);
  }

  ChitinHome home() {
    return ChitinHome.of(environment);
  }

  /** The configuration file: the one named, else the one in Chitin's home. */
  Path configurationFile(@Nullable Path named) {
    return named == null ? home().configuration() : named;
  }

  /** Loads the configuration; each fault becomes a line of the problem. */
  Configuration configuration(@Nullable Path named) {
    if (named != null && !Files.exists(named)) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, named + " does not exist.")
          .withHint("Name the configuration's file, or leave --config out for the default.")
          .toException();
    }
    try {
      return Configuration.load(configurationFile(named), environment);
    } catch (ConfigException e) {
      throw refused(ProblemCode.CONFIG_INVALID, "The configuration is not valid:", e.faults());
    }
  }

  /** The settings to start with; keys whose control is not built are refused by name. */
  GatewaySettings settings(@Nullable Path named) {
    return settingsOf(configuration(named));
  }

  /** The same by a configuration that was read before. */
  GatewaySettings settingsOf(Configuration configuration) {
    if (!configuration.notBuilt().isEmpty()) {
      throw refused(
          ProblemCode.CONFIG_NOT_BUILT,
          "The gateway does not start with a control that it cannot enforce:",
          configuration.notBuilt());
    }
    return SettingsReader.read(configuration, home(), environment);
  }

  /** The same with one more variable in its environment. */
  Session with(String variable, String value) {
    Map<String, String> more = new HashMap<>(environment);
    more.put(variable, value);
    return new Session(Map.copyOf(more), out, err, access);
  }

  /** Where {@link #settings} come from, so that they can be read again. */
  ConfigSource source(@Nullable Path named) {
    return new ConfigSource(configurationFile(named), environment, configuration(named));
  }

  /**
   * A client of the running gateway.
   *
   * @param otherwise what to do when there is none
   * @throws ChitinException {@code gateway.unreachable} when none runs in this home
   */
  AdminClient gateway(String otherwise) {
    if (!AdminClient.listens(home().adminSocket())) {
      throw Problem.of(
              ProblemCode.GATEWAY_UNREACHABLE, "No gateway runs for " + home().root() + ".")
          .withHint(otherwise)
          .toException();
    }
    return new AdminClient(home().adminSocket());
  }

  /** Opens the state of a stopped gateway. */
  Foundation foundation() {
    return foundation(settings(null));
  }

  /** The same with {@code settings} that were read before. */
  Foundation foundation(GatewaySettings settings) {
    return Foundation.open(settings, access.toVaultAccess());
  }

  /** Asks the running gateway, or works on its state when it does not run. */
  JsonValue.Obj either(
      Function<AdminClient, JsonValue.Obj> remote, Function<Foundation, JsonValue.Obj> here) {
    if (AdminClient.listens(home().adminSocket())) {
      try (var client = new AdminClient(home().adminSocket())) {
        return remote.apply(client);
      }
    }
    try (Foundation foundation = foundation()) {
      return here.apply(foundation);
    }
  }

  private static ChitinException refused(ProblemCode code, String title, List<ConfigFault> faults) {
    var detail = new StringBuilder(title);
    faults.forEach(fault -> detail.append("\n  ").append(fault));
    return Problem.of(code, detail.toString()).toException();
  }

  void print(JsonValue value) {
    out.println(CanonicalJson.inOrder(value));
  }

  /** Says what went wrong in the form asked for and gives the exit code. */
  int fail(Problem problem, boolean json) {
    if (json) {
      print(
          JsonValue.object()
              .put("code", problem.code().code())
              .put("detail", problem.detail())
              .put("rule", problem.rule())
              .put("hint", problem.hint())
              .put("errors", problem.errors().isEmpty() ? null : errors(problem))
              .build());
    }
    err.println("chitin: " + problem.detail() + " [" + problem.code().code() + "]");
    if (problem.errors().size() > 1) {
      problem
          .errors()
          .forEach(
              error ->
                  err.println(
                      "  " + Texts.printable(error.pointer() + ": " + error.detail(), false)));
    }
    if (problem.rule() != null) {
      err.println("  rule: " + problem.rule());
    }
    if (problem.hint() != null) {
      err.println("  hint: " + problem.hint());
    }
    return ExitCode.of(problem.code()).value();
  }

  private static JsonValue.Arr errors(Problem problem) {
    return new JsonValue.Arr(
        problem.errors().stream()
            .<JsonValue>map(
                error ->
                    JsonValue.object()
                        .put("pointer", error.pointer())
                        .put("detail", error.detail())
                        .build())
            .toList());
  }
}
