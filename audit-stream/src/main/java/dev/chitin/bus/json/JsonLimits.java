package dev.chitin.bus.json;

/**
 * The bounds within which {@link StrictJson} reads, and what it makes of numbers.
 *
 * @param depth deepest nesting of containers
 * @param nodes most values in all
 * @param stringChars longest string, UTF-16 units
 * @param nameBytes longest member name, UTF-8 bytes
 * @param members most members or items in one container
 * @param numbersAsWritten whether numbers are kept as they stand there, also those beyond ±(2⁵³−1):
 *     for documents that are passed on, never for what the gateway itself decides on or runs
 */
public record JsonLimits(
    int depth, int nodes, int stringChars, int nameBytes, int members, boolean numbersAsWritten) {

  /** What the edges read requests with: 64 deep, 100,000 values, 1 MiB strings, 10,000 members. */
  public static final JsonLimits REQUEST = new JsonLimits(64, 100_000, 1 << 20, 256, 10_000);

  /** The deepest nesting that any limits may allow; reading takes stack for each level. */
  public static final int MAX_DEPTH = 1_000;

  /** Longest literal of a number, in characters. */
  public static final int NUMBER_CHARS = 128;

  /** The same of one that is kept as it was written. */
  public static final int WRITTEN_CHARS = 64;

  /** Bounds within which numbers are read as values. */
  public JsonLimits(int depth, int nodes, int stringChars, int nameBytes, int members) {
    this(depth, nodes, stringChars, nameBytes, members, false);
  }

  public JsonLimits {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("at most " + MAX_DEPTH + " deep");
    }
  }

  public JsonLimits withStringChars(int chars) {
    return new JsonLimits(depth, nodes, chars, nameBytes, members, numbersAsWritten);
  }

  public JsonLimits withNumbersAsWritten() {
    return new JsonLimits(depth, nodes, stringChars, nameBytes, members, true);
  }
}
