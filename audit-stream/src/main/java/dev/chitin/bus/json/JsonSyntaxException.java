package dev.chitin.bus.json;

/**
 * A document that {@link StrictJson} refuses: why, and where. Never holds a piece of the document.
 */
public final class JsonSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String pointer;
  private final int line;
  private final int column;

  JsonSyntaxException(String reason, String pointer, int line, int column) {
    super(reason + " at line " + line + ", column " + column, null, false, false);
    this.reason = reason;
    this.pointer = pointer;
    this.line = line;
    this.column = column;
  }

  /** What is wrong, without its place. */
  public String reason() {
    return reason;
  }

  /** JSON Pointer (RFC 6901) to the innermost container or member reached. */
  public String pointer() {
    return pointer;
  }

  /** Line, from 1. */
  public int line() {
    return line;
  }

  /** Column, from 1, in UTF-16 units. */
  public int column() {
    return column;
  }
}
