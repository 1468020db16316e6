package dev.chitin.policy.command;

import java.util.List;

/**
 * One option of a program under all its names.
 *
 * @param names with their hyphens, {@code -n} and {@code --lines}
 * @param value whether it takes a value
 * @param kind what the value, or the flag itself, means
 */
record Flag(List<String> names, Value value, Kind kind) {

  /** Whether an option takes a value. */
  enum Value {
    NONE,
    REQUIRED,
    /** Only in the same argument: {@code --color=auto}, {@code -Iseconds}. */
    OPTIONAL
  }

  /** What an argument means. */
  enum Kind {
    DATA,
    READS_PATH,
    WRITES_PATH,
    /** It runs something, or leads out by another way; never allowed. */
    EXECUTES
  }

  Flag {
    names = List.copyOf(names);
  }
}
