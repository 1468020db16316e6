package dev.chitin.gateway.cli;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** {@code chitin}: the whole command line. */
@Command(
    name = "chitin",
    description = "The hard shell between AI agents and the systems that they act on.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 ok, 1 the tool failed, 2 usage or configuration, 3 denied,",
      "            4 not authenticated, 5 unavailable, 6 verification failed.",
      "A command opens the vault itself while no gateway runs; else the gateway does the work.",
      "CHITIN_HOME names where the gateway keeps its state; default ~/.chitin.",
      "CHITIN_SECTION__KEY overrides a key of chitin.json5.",
      "CHITIN_JAVA_OPTIONS are further options of the JVM, -Xmx4g say."
    })
public final class Main implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private final Access access;

  /** Used by picocli, which sets {@code spec}. */
  @SuppressWarnings("NullAway.Init") // picocli injects spec before it runs the command
  Main(Access access) {
    this.access = access;
  }

  @CommandLine.Option(
      names = "--passphrase-fd",
      paramLabel = "N",
      scope = CommandLine.ScopeType.INHERIT,
      description =
          "Read the vault's passphrase from this open descriptor when the command opens the vault.")
  void passphraseFd(int descriptor) {
    access.passphraseFd(descriptor);
  }

  @CommandLine.Option(
      names = "--recovery",
      scope = CommandLine.ScopeType.INHERIT,
      description = "When the command opens the vault: with the recovery code, typed or on stdin.")
  void recovery(boolean wanted) {
    access.recovery(wanted);
  }

  @CommandLine.Option(
      names = "--accept-rollback",
      scope = CommandLine.ScopeType.INHERIT,
      description =
          "When the command opens the vault: take what is on disk for the true one, against the"
              + " audit log.")
  void acceptRollback(boolean accept) {
    access.acceptRollback(accept);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "A command is needed.");
  }

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String... arguments) {
    var written = new WatchedOutput(new FileOutputStream(FileDescriptor.out));
    var out = new PrintStream(new BufferedOutputStream(written), true, StandardCharsets.UTF_8);
    int code = run(new Session(System.getenv(), out, System.err, new Access()), arguments);
    out.flush();
    System.exit(unlessLost(written, code));
  }

  /** What could not be written was not done, whatever else was. */
  private static int unlessLost(WatchedOutput written, int code) {
    return written
        .lost()
        .map(
            why -> {
              System.err.println("chitin: the output could not be written: " + why);
              return code == ExitCode.OK.value() ? ExitCode.UNAVAILABLE.value() : code;
            })
        .orElse(code);
  }

  /** Runs the command line in {@code session}. */
  static int run(Session session, String... arguments) {
    var line = new CommandLine(new Main(session.access()));
    wanted(commands(session), arguments).forEach(command -> line.addSubcommand(command.get()));
    line.setExecutionExceptionHandler(
        (failure, command, result) -> failed(session, failure, result));
    line.setParameterExceptionHandler((fault, given) -> misused(session, fault, given));
    line.setExpandAtFiles(false); // Arguments are taken as they are given.
    line.setExitCodeExceptionMapper(failure -> ExitCode.USAGE.value());
    addHelp(line);
    line.setOut(new PrintWriter(session.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(session.err(), true, StandardCharsets.UTF_8));
    return line.execute(arguments);
  }

  private static Map<String, Supplier<CommandLine>> commands(Session session) {
    var commands = new LinkedHashMap<String, Supplier<CommandLine>>();
    commands.put("quickstart", () -> new CommandLine(new QuickstartCommand(session)));
    commands.put("serve", () -> new CommandLine(new ServeCommand(session)));
    commands.put("doctor", () -> new CommandLine(new DoctorCommand(session)));
    commands.put("config", () -> new CommandLine(new ConfigCommand(session)));
    commands.put("key", () -> new CommandLine(new KeyCommand(session)));
    commands.put(
        "secret",
        () ->
            new CommandLine(new SecretCommand(session))
                .addSubcommand(new SecretPutCommand(session))
                .addSubcommand(new SecretRotateCommand(session))
                .addSubcommand(new SecretRecipientCommand(session))
                .addSubcommand(new SecretExportCommand(session))
                .addSubcommand(new SecretImportCommand(session)));
    commands.put(
        "vault",
        () ->
            new CommandLine(new VaultCommand(session))
                .addSubcommand(new VaultAddPassphraseCommand(session))
                .addSubcommand(new VaultAddRecoveryCommand(session))
                .addSubcommand(new VaultNodeKeyCommand(session))
                .addSubcommand(new VaultAddRecipientCommand(session))
                .addSubcommand(new VaultRebindCommand(session))
                .addSubcommand(new VaultRotateRootCommand(session)));
    commands.put("tool", () -> new CommandLine(new ToolCommand(session)));
    commands.put(
        "audit",
        () ->
            new CommandLine(new AuditCommand(session))
                .addSubcommand(new AuditEventsCommand(session))
                .addSubcommand(new AuditExportCommand(session))
                .addSubcommand(new AuditShredCommand(session))
                .addSubcommand(new AuditPruneCommand(session))
                .addSubcommand(new AuditRotateCommand(session))
                .addSubcommand(new AuditRotateKeyCommand(session))
                .addSubcommand(new WitnessCommand(session)));
    commands.put("version", () -> new CommandLine(new VersionCommand(session)));
    return commands;
  }

  /**
   * The command that stands first, or all where none does. To look at the annotations of all costs
   * a start a sixth of its time.
   */
  private static Collection<Supplier<CommandLine>> wanted(
      Map<String, Supplier<CommandLine>> commands, String... arguments) {
    Supplier<CommandLine> first = arguments.length == 0 ? null : commands.get(arguments[0]);
    return first == null ? commands.values() : List.of(first);
  }

  /** Gives each command -h and --help. */
  private static void addHelp(CommandLine line) {
    line.getCommandSpec()
        .addOption(
            CommandLine.Model.OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help and exit.")
                .build());
    line.getSubcommands().values().forEach(Main::addHelp);
  }

  private static int failed(Session session, Exception failure, ParseResult result) {
    ChitinException known = ChitinException.from(failure);
    if (known instanceof ChitinException.Defect) {
      LOG.error("the command failed", known);
    }
    return session.fail(known.problem(), wantsJson(result));
  }

  /** What was typed is no command: said to people with the usage, to machines as a problem. */
  private static int misused(
      Session session, CommandLine.ParameterException fault, String... given) {
    if (List.of(given).contains("--json")) {
      String command = fault.getCommandLine().getCommandSpec().qualifiedName();
      return session.fail(
          Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, String.valueOf(fault.getMessage()))
              .withHint(command + " --help shows what it takes."),
          true);
    }
    PrintWriter err = fault.getCommandLine().getErr();
    err.println(fault.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(fault, err)) {
      fault.getCommandLine().usage(err);
    }
    return ExitCode.USAGE.value();
  }

  private static boolean wantsJson(ParseResult result) {
    ParseResult innermost = result;
    while (innermost.hasSubcommand()) {
      innermost = innermost.subcommand();
    }
    return innermost.hasMatchedOption("--json");
  }
}
