package dev.chitin.audit.note;

import dev.chitin.bus.Digest;
import java.util.Base64;

/**
 * The text of a checkpoint (C2SP tlog-checkpoint), without extension lines: origin, size, root.
 *
 * @param origin the log's name
 * @param size entries in the tree
 * @param root of that tree
 */
public record Checkpoint(String origin, long size, Digest root) {

  /** Reads the text of a note. */
  public static Checkpoint parse(String text) throws NoteSyntaxException {
    String[] lines = text.split("\n", -1);
    if (lines.length != 4 || !lines[3].isEmpty()) {
      throw new NoteSyntaxException("a checkpoint has three lines");
    }
    if (lines[0].isEmpty()) {
      throw new NoteSyntaxException("a checkpoint names its log");
    }
    byte[] root = SignedNote.base64(lines[2]);
    if (root.length != 32) {
      throw new NoteSyntaxException("a root has 32 bytes");
    }
    return new Checkpoint(lines[0], number(lines[1]), Digest.ofBytes(root));
  }

  /** A decimal number as these formats write it: no sign, no leading zero, below 2^63. */
  public static long number(String text) throws NoteSyntaxException {
    if (!text.matches("0|[1-9][0-9]{0,18}")) {
      throw new NoteSyntaxException("not a decimal number");
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new NoteSyntaxException("a number beyond 2^63");
    }
  }

  /** What is signed. */
  public String text() {
    return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root.borrow()) + "\n";
  }
}
