package dev.chitin.policy.command;

import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Denial;
import dev.chitin.policy.Executable;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.PathRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides the command lines of one tool: the program must be both declared and granted and still be
 * the file that was granted, and its arguments must pass its grammar. Immutable, without I/O.
 */
public final class ToolCommands {
  /** Most command lines inside one another. */
  public static final int MAX_WRAPPED = 3;

  private final String tool;
  private final List<GrantedCommand> granted;
  private final List<String> declared;
  private final Map<String, String> located;

  ToolCommands(
      String tool,
      List<GrantedCommand> granted,
      List<String> declared,
      Map<String, String> located) {
    this.tool = tool;
    this.granted = granted;
    this.declared = List.copyOf(declared);
    this.located = Map.copyOf(located);
  }

  /** Real paths of the programs that the tool may run, for the planner. */
  public List<String> executables() {
    return granted.stream()
        .filter(command -> command.refused().isEmpty() && isDeclared(command))
        .flatMap(command -> command.file().stream())
        .map(Executable::path)
        .distinct()
        .toList();
  }

  /**
   * The inner commands of {@code argv}, as it names them: what a wrapper such as {@code env} would
   * run. A plan has to list their files among the executed ones.
   */
  public static List<String> innerCommands(List<String> argv) {
    List<String> inner = new ArrayList<>();
    List<String> rest = argv;
    while (!rest.isEmpty() && inner.size() <= MAX_WRAPPED) {
      Optional<CommandGrammar> grammar =
          ShippedGrammars.of(GrantedCommand.baseName(rest.getFirst()));
      int command =
          grammar.isEmpty() ? rest.size() : ArgvParser.parse(grammar.get(), rest).command();
      rest = rest.subList(command, rest.size());
      if (!rest.isEmpty()) {
        inner.add(rest.getFirst());
      }
    }
    return inner;
  }

  /** Every reason why {@code process} may not run, the first one first; empty when it may. */
  public List<Denial> decide(Invocation.NativeProcess process, ArgumentPaths paths) {
    var line = new CommandLine(process, new ArrayList<>());
    if (process.argv().isEmpty()) {
      return List.of(command("command.empty", "The argv is empty.", "Name a program."));
    }
    if (process.argv().stream().anyMatch(argument -> argument.indexOf('\0') >= 0)) {
      return List.of(argument("argument.nul", "An argument holds NUL."));
    }
    line.program(process.argv().getFirst(), Optional.of(process.executable()));
    line.environment();
    line.arguments(process.argv(), 0, paths, 0);
    return List.copyOf(line.denials);
  }

  private boolean isDeclared(GrantedCommand command) {
    return command.file().isPresent()
        && declared.stream()
            .anyMatch(
                pattern ->
                    GrantedCommand.baseName(pattern).equals(command.name())
                        && command.resolvesTo(located.getOrDefault(pattern, "")));
  }

  private Optional<GrantedCommand> find(String argv0, Optional<String> executable) {
    String name = GrantedCommand.baseName(argv0);
    return granted.stream()
        .filter(command -> command.name().equals(name))
        .filter(
            command ->
                executable.isPresent()
                    ? command.resolvesTo(executable.get())
                    : command.pattern().equals(argv0) || command.resolvesTo(argv0))
        .findFirst();
  }

  private static Denial command(String rule, String detail, String hint) {
    return new Denial(ProblemCode.POLICY_COMMAND_DENIED, rule, detail, hint);
  }

  private static Denial argument(String rule, String detail) {
    return Denial.of(ProblemCode.POLICY_ARGUMENT_DENIED, rule, detail);
  }

  private static String shown(String text) {
    String short64 = text.length() > 64 ? text.substring(0, 64) + "…" : text;
    return "'" + short64.replaceAll("\\p{Cntrl}", "?") + "'";
  }

  /** One process while it is decided. */
  private final class CommandLine {
    private final Invocation.NativeProcess process;
    private final Set<Integer> data;
    private final List<Denial> denials;

    CommandLine(Invocation.NativeProcess process, List<Denial> denials) {
      this.process = process;
      this.data = new HashSet<>(process.dataArguments());
      this.denials = denials;
    }

    void program(String argv0, Optional<String> executable) {
      Optional<GrantedCommand> known = find(argv0, executable);
      if (known.isEmpty()) {
        denials.add(notGranted(argv0));
        return;
      }
      GrantedCommand command = known.get();
      if (command.refused().isPresent()) {
        denials.add(command.refused().get());
      }
      if (!isDeclared(command)) {
        denials.add(
            command(
                "tool." + tool + ".capabilities.ProcessExec",
                "The tool does not declare the command " + shown(argv0) + ".",
                "Add '"
                    + command.name()
                    + "' to tools."
                    + tool
                    + ".capabilities.ProcessExec.commands."));
      }
      command.file().ifPresent(this::content);
      command.interpreter().ifPresent(path -> interpreter(argv0, path));
    }

    private Denial notGranted(String argv0) {
      String key = "policy.grants." + tool + ".ProcessExec";
      String detail =
          granted.isEmpty()
              ? "The tool is granted no command; its grant is empty."
              : "The command " + shown(argv0) + " is not granted.";
      return command(
          key, detail, "Add '" + GrantedCommand.baseName(argv0) + "' to " + key + ".commands.");
    }

    private void content(Executable file) {
      Optional<Invocation.ExecutedFile> listed =
          process.executed().stream()
              .filter(executed -> executed.path().equals(file.path()))
              .findFirst();
      if (listed.isEmpty()) {
        denials.add(
            command(
                "command.content_unlisted",
                "The plan does not list the content of " + shown(file.name()) + ".",
                "Plan the call again."));
      } else if (!listed.get().digest().equals(file.digest())) {
        denials.add(
            command(
                "command.digest_changed",
                "The program " + shown(file.name()) + " is not the one that was granted.",
                "After an upgrade, reload the configuration."));
      }
    }

    private void interpreter(String argv0, String path) {
      Optional<GrantedCommand> runs =
          granted.stream()
              .filter(command -> command.resolvesTo(path) && isDeclared(command))
              .findFirst();
      boolean script = runs.flatMap(GrantedCommand::interpreter).isPresent();
      if (runs.isEmpty() || script) {
        denials.add(
            command(
                "command.interpreter",
                "The script " + shown(argv0) + " has an interpreter that is not granted.",
                "Grant the interpreter by its own name as well."));
      }
    }

    void environment() {
      for (String name : process.envNames()) {
        if (EnvironmentNames.refused(name)) {
          denials.add(
              command(
                  "command.environment[" + name + "]",
                  "The environment name " + shown(name) + " makes programs load or run others.",
                  "Leave it out of the tool's environment."));
        }
      }
    }

    void arguments(List<String> argv, int offset, ArgumentPaths paths, int depth) {
      String name = GrantedCommand.baseName(argv.getFirst());
      Optional<CommandGrammar> grammar = ShippedGrammars.of(name);
      if (grammar.isEmpty()) {
        withoutGrammar(name, argv, offset);
        return;
      }
      ArgvParser.Parsed parsed = ArgvParser.parse(grammar.get(), argv);
      if (parsed.denial().isPresent()) {
        Denial denial = parsed.denial().get();
        boolean operatorsOwn =
            !process.wholeArgvFromCaller() && denial.rule().equals("argument.unknown_flag");
        if (operatorsOwn) {
          dataWithoutGrammar(argv, offset);
        } else {
          denials.add(denial);
        }
        return;
      }
      if (!process.wholeArgvFromCaller()) {
        dataWithGrammar(argv, offset, parsed.separator());
      }
      ArgumentPaths inner = paths;
      for (Argument argument : parsed.arguments()) {
        if (process.wholeArgvFromCaller() || data.contains(offset + argument.index())) {
          judge(argument, paths);
        }
        if (name.equals("env") && argument.role() == Argument.Role.READS_PATH) {
          inner = denials.isEmpty() ? paths.in(argument.value()) : paths;
        }
      }
      if (parsed.command() < argv.size()) {
        wrapped(argv, offset, parsed.command(), inner, depth);
      }
    }

    private void wrapped(List<String> argv, int offset, int start, ArgumentPaths paths, int depth) {
      List<String> inner = argv.subList(start, argv.size());
      if (depth + 1 > MAX_WRAPPED) {
        denials.add(
            command(
                "command.wrapped_too_deep",
                "More than " + MAX_WRAPPED + " command lines stand inside one another.",
                "Call the inner command itself."));
        return;
      }
      program(inner.getFirst(), Optional.empty());
      arguments(inner, offset + start, paths, depth + 1);
    }

    private void judge(Argument argument, ArgumentPaths paths) {
      switch (argument.role()) {
        case FLAG, DATA -> {}
        case READS_PATH ->
            paths.denied(argument.value(), PathRules.Access.READ).ifPresent(denials::add);
        case WRITES_PATH ->
            paths.denied(argument.value(), PathRules.Access.WRITE).ifPresent(denials::add);
        case ASSIGNMENT -> {
          String name = argument.value().substring(0, argument.value().indexOf('='));
          if (EnvironmentNames.refusedToCaller(name)) {
            denials.add(
                argument(
                    "argument.environment",
                    "A caller may not set the environment name " + shown(name) + "."));
          }
        }
      }
    }

    private void withoutGrammar(String name, List<String> argv, int offset) {
      if (DangerousPrograms.WRAPPERS.contains(name)) {
        String inner =
            argv.stream().skip(1).filter(a -> !a.startsWith("-")).findFirst().orElse("another");
        denials.add(
            command(
                "command.wrapper",
                name + " would run " + shown(inner) + ", and its arguments have no grammar.",
                "Call the inner command itself."));
      } else if (process.wholeArgvFromCaller()) {
        denials.add(
            command(
                "command.no_grammar",
                "The arguments of " + shown(name) + " have no grammar here.",
                "Declare a tool with a process template for it."));
      } else {
        dataWithoutGrammar(argv, offset);
      }
    }

    private void dataWithoutGrammar(List<String> argv, int offset) {
      for (int i = 1; i < argv.size(); i++) {
        String value = argv.get(i);
        if (!data.contains(offset + i)) {
          continue;
        }
        if (value.isEmpty()) {
          denials.add(argument("argument.empty", "Argument " + (offset + i) + " is empty."));
        } else if ("-+@".indexOf(value.charAt(0)) >= 0) {
          denials.add(
              argument(
                  "argument.leading_character",
                  "Argument " + (offset + i) + " begins with '" + value.charAt(0) + "'."));
        } else if (value.chars().anyMatch(Character::isISOControl)) {
          denials.add(
              argument(
                  "argument.control_character",
                  "Argument " + (offset + i) + " holds a control character."));
        }
      }
    }

    /** Data may look like an option only behind a {@code --} of the operator's own. */
    private void dataWithGrammar(List<String> argv, int offset, int separator) {
      int last = data.contains(offset + separator) ? argv.size() : separator;
      for (int i = 1; i < last && i < argv.size(); i++) {
        String value = argv.get(i);
        if (data.contains(offset + i) && (value.isEmpty() || value.charAt(0) == '-')) {
          denials.add(
              argument(
                  value.isEmpty() ? "argument.empty" : "argument.leading_character",
                  "Argument "
                      + (offset + i)
                      + (value.isEmpty() ? " is empty." : " begins with a hyphen.")));
        }
      }
    }
  }
}
