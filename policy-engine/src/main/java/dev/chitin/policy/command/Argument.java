package dev.chitin.policy.command;

/**
 * What one piece of an argv turned out to be.
 *
 * @param index of the argv element that it stands in
 * @param role what it is
 * @param value its text: the operand, or the option's value
 */
record Argument(int index, Role role, String value) {

  /** What a piece of an argv is. */
  enum Role {
    FLAG,
    DATA,
    READS_PATH,
    WRITES_PATH,
    ASSIGNMENT
  }
}
