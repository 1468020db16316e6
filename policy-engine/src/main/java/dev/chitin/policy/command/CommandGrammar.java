package dev.chitin.policy.command;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the arguments of one program mean.
 *
 * <p>Written as options separated by semicolons: names, then {@code =K} when a value is required or
 * {@code [=K]} when it may follow in the same argument; {@code K} is D for data, R for a path that
 * is read, W for one that is written, X for what is never allowed. {@code !} behind the names marks
 * an option without a value that is never allowed.
 */
final class CommandGrammar {

  /** How the program takes options. */
  enum Style {
    /** getopt as GNU does it: options stand anywhere before {@code --}. */
    PERMUTING,
    /** Options end at the first operand. */
    POSIX,
    /** Every argument is an operand. */
    NONE
  }

  /** What the operands mean. */
  enum Operands {
    DATA,
    PATHS,
    /** One pattern unless an option gave it, then paths. */
    PATTERN_THEN_PATHS,
    /** Data that begins with a plus sign. */
    PLUS_DATA,
    /** {@code NAME=VALUE} assignments, then a command line of its own. */
    ASSIGNMENTS_THEN_COMMAND
  }

  private final Style style;
  private final Operands operands;
  private final Map<Character, Flag> shorts = new HashMap<>();
  private final TreeMap<String, Flag> longs = new TreeMap<>();
  private final Pattern numeric;
  private final Set<String> patternFlags;

  private CommandGrammar(
      Style style, Operands operands, String options, String numeric, Set<String> patternFlags) {
    this.style = style;
    this.operands = operands;
    this.numeric = Pattern.compile(numeric);
    this.patternFlags = patternFlags;
    for (String option : options.split(";", -1)) {
      if (!option.isBlank()) {
        add(flag(option.strip()));
      }
    }
  }

  static CommandGrammar of(Style style, Operands operands, String options) {
    return new CommandGrammar(style, operands, options, "(?!)", Set.of());
  }

  /** Arguments that match {@code regex} are options or operands of their own kind, and safe. */
  CommandGrammar withNumeric(String regex) {
    return copy(regex, patternFlags);
  }

  /** The options that give the pattern, so that no operand does. */
  CommandGrammar withPatternFlags(String... names) {
    return copy(numeric.pattern(), Set.of(names));
  }

  private CommandGrammar copy(String regex, Set<String> flags) {
    var copy = new CommandGrammar(style, operands, "", regex, flags);
    copy.shorts.putAll(shorts);
    copy.longs.putAll(longs);
    return copy;
  }

  private void add(Flag flag) {
    for (String name : flag.names()) {
      if (name.startsWith("--")) {
        longs.put(name, flag);
      } else {
        shorts.put(name.charAt(1), flag);
      }
    }
  }

  private static Flag flag(String option) {
    Flag.Value value = Flag.Value.NONE;
    Flag.Kind kind = Flag.Kind.DATA;
    String names = option;
    if (option.endsWith("!")) {
      kind = Flag.Kind.EXECUTES;
      names = option.substring(0, option.length() - 1);
    } else if (option.endsWith("]")) {
      value = Flag.Value.OPTIONAL;
      kind = kind(option.charAt(option.length() - 2));
      names = option.substring(0, option.length() - 4);
    } else if (option.indexOf('=') >= 0) {
      value = Flag.Value.REQUIRED;
      kind = kind(option.charAt(option.length() - 1));
      names = option.substring(0, option.length() - 2);
    }
    return new Flag(List.of(names.strip().split(" +", -1)), value, kind);
  }

  private static Flag.Kind kind(char letter) {
    return switch (letter) {
      case 'D' -> Flag.Kind.DATA;
      case 'R' -> Flag.Kind.READS_PATH;
      case 'W' -> Flag.Kind.WRITES_PATH;
      case 'X' -> Flag.Kind.EXECUTES;
      default -> throw new IllegalArgumentException("no kind " + letter);
    };
  }

  Style style() {
    return style;
  }

  Operands operands() {
    return operands;
  }

  boolean isNumeric(String argument) {
    return numeric.matcher(argument).matches();
  }

  boolean givesPattern(Flag flag) {
    return flag.names().stream().anyMatch(patternFlags::contains);
  }

  Optional<Flag> shortFlag(char letter) {
    return Optional.ofNullable(shorts.get(letter));
  }

  /**
   * The options that {@code name}, with its hyphens, may stand for: the exact one, else all that it
   * abbreviates, as getopt_long does.
   */
  List<Flag> longFlags(String name) {
    Flag exact = longs.get(name);
    if (exact != null) {
      return List.of(exact);
    }
    Set<Flag> candidates = new HashSet<>();
    for (Map.Entry<String, Flag> entry : longs.tailMap(name).entrySet()) {
      if (!entry.getKey().startsWith(name)) {
        break;
      }
      candidates.add(entry.getValue());
    }
    return new ArrayList<>(candidates);
  }
}
