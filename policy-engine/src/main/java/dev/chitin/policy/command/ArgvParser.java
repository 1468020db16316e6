package dev.chitin.policy.command;

import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Denial;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Takes an argv apart as the program's own option parser does, by its grammar; stops at the first
 * argument that the grammar does not know or does not allow.
 */
final class ArgvParser {
  private static final Pattern ASSIGNMENT = Pattern.compile("(?s)[A-Za-z_][A-Za-z0-9_]*=.*");

  /**
   * The pieces of one argv.
   *
   * @param arguments in order
   * @param command index where an inner command line begins, or the argv's length
   * @param separator index of the {@code --} that ends the options, or the argv's length
   * @param denial why it is refused, if it is
   */
  record Parsed(List<Argument> arguments, int command, int separator, Optional<Denial> denial) {}

  private final CommandGrammar grammar;
  private final List<String> argv;
  private final List<Argument> arguments = new ArrayList<>();
  private int next = 1;
  private int command;
  private int separator;
  private boolean patternGiven;
  private boolean optionsEnded;
  private boolean operandSeen;

  private ArgvParser(CommandGrammar grammar, List<String> argv) {
    this.grammar = grammar;
    this.argv = argv;
    this.command = argv.size();
    this.separator = argv.size();
    this.optionsEnded = grammar.style() == CommandGrammar.Style.NONE;
  }

  static Parsed parse(CommandGrammar grammar, List<String> argv) {
    var parser = new ArgvParser(grammar, argv);
    Optional<Denial> denial = Optional.empty();
    List<Integer> operands = new ArrayList<>();
    while (denial.isEmpty() && parser.next < parser.command) {
      denial = parser.argument(operands);
    }
    if (denial.isEmpty()) {
      denial = parser.operands(operands);
    }
    return new Parsed(List.copyOf(parser.arguments), parser.command, parser.separator, denial);
  }

  private Optional<Denial> argument(List<Integer> operands) {
    String argument = argv.get(next);
    if (!optionsEnded && argument.equals("--")) {
      optionsEnded = true;
      separator = next++;
      return Optional.empty();
    }
    if (!optionsEnded && grammar.isNumeric(argument)) {
      arguments.add(new Argument(next++, Argument.Role.FLAG, argument));
      return Optional.empty();
    }
    if (optionsEnded || argument.length() < 2 || argument.charAt(0) != '-') {
      return operand(operands, argument);
    }
    return argument.startsWith("--") ? longOption(argument) : shortOptions(argument);
  }

  private Optional<Denial> operand(List<Integer> operands, String argument) {
    if (grammar.operands() == CommandGrammar.Operands.ASSIGNMENTS_THEN_COMMAND) {
      return assignmentOrCommand(argument);
    }
    operandSeen = true;
    operands.add(next++);
    if (grammar.style() == CommandGrammar.Style.POSIX) {
      optionsEnded = true;
    }
    return Optional.empty();
  }

  private Optional<Denial> assignmentOrCommand(String argument) {
    if (argument.equals("-") && !operandSeen) {
      arguments.add(new Argument(next++, Argument.Role.FLAG, argument));
      return Optional.empty();
    }
    operandSeen = true;
    optionsEnded = true;
    if (argument.indexOf('=') < 0) {
      command = next;
      return Optional.empty();
    }
    if (!ASSIGNMENT.matcher(argument).matches()) {
      return refused("argument.environment", "An assignment has no proper name.", null);
    }
    arguments.add(new Argument(next++, Argument.Role.ASSIGNMENT, argument));
    return Optional.empty();
  }

  private Optional<Denial> longOption(String argument) {
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    List<Flag> candidates = grammar.longFlags(name);
    if (candidates.size() != 1) {
      return unknown(name, candidates.isEmpty() ? "unknown" : "ambiguous");
    }
    Flag flag = candidates.getFirst();
    if (equals >= 0 && flag.value() == Flag.Value.NONE) {
      return refused("argument.flag_value", name + " takes no value.", "Leave the value out.");
    }
    int index = next++;
    if (equals >= 0) {
      return take(flag, index, argument.substring(equals + 1));
    }
    return flag.value() == Flag.Value.REQUIRED ? takeNext(flag, name) : take(flag, index, "");
  }

  private Optional<Denial> shortOptions(String argument) {
    int index = next++;
    for (int i = 1; i < argument.length(); i++) {
      String name = "-" + argument.charAt(i);
      Optional<Flag> known = grammar.shortFlag(argument.charAt(i));
      if (known.isEmpty()) {
        return unknown(name, "unknown");
      }
      Flag flag = known.get();
      String rest = argument.substring(i + 1);
      if (flag.value() == Flag.Value.REQUIRED && rest.isEmpty()) {
        return takeNext(flag, name);
      }
      Optional<Denial> denial = take(flag, index, flag.value() == Flag.Value.NONE ? "" : rest);
      if (denial.isPresent() || flag.value() != Flag.Value.NONE) {
        return denial;
      }
    }
    return Optional.empty();
  }

  private Optional<Denial> takeNext(Flag flag, String name) {
    if (next >= argv.size()) {
      return refused("argument.flag_value", name + " lacks its value.", "Give the value.");
    }
    return take(flag, next, argv.get(next++));
  }

  private Optional<Denial> take(Flag flag, int index, String value) {
    patternGiven |= grammar.givesPattern(flag);
    Argument.Role role =
        switch (flag.kind()) {
          case EXECUTES -> null;
          case READS_PATH -> Argument.Role.READS_PATH;
          case WRITES_PATH -> Argument.Role.WRITES_PATH;
          case DATA -> flag.value() == Flag.Value.NONE ? Argument.Role.FLAG : Argument.Role.DATA;
        };
    if (role == null) {
      String name = flag.names().getFirst();
      return refused(
          "argument.flag_executes",
          argv.getFirst() + " " + name + " runs another program or leads out of the call.",
          "Leave " + name + " out.");
    }
    arguments.add(new Argument(index, role, value));
    return Optional.empty();
  }

  private Optional<Denial> operands(List<Integer> indexes) {
    boolean first = true;
    for (int index : indexes) {
      String operand = argv.get(index);
      if (grammar.operands() == CommandGrammar.Operands.PLUS_DATA && !operand.startsWith("+")) {
        return refused(
            "argument.operand",
            argv.getFirst() + " takes no operand that does not begin with '+'.",
            "Begin the format with '+'.");
      }
      boolean pattern =
          grammar.operands() == CommandGrammar.Operands.PATTERN_THEN_PATHS
              && first
              && !patternGiven;
      boolean path =
          grammar.operands() == CommandGrammar.Operands.PATHS
              || (grammar.operands() == CommandGrammar.Operands.PATTERN_THEN_PATHS && !pattern);
      first = false;
      arguments.add(
          new Argument(index, path ? Argument.Role.READS_PATH : Argument.Role.DATA, operand));
    }
    return Optional.empty();
  }

  private Optional<Denial> unknown(String name, String what) {
    String shown = name.length() > 64 ? name.substring(0, 64) + "…" : name;
    return refused(
        "argument.unknown_flag",
        shown + " is an " + what + " option of " + argv.getFirst() + ".",
        "Leave it out, or put -- before an operand that begins with a hyphen.");
  }

  private static Optional<Denial> refused(
      String rule, String detail, @org.jspecify.annotations.Nullable String hint) {
    return Optional.of(new Denial(ProblemCode.POLICY_ARGUMENT_DENIED, rule, detail, hint));
  }
}
