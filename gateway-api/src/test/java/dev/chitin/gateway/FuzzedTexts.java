package dev.chitin.gateway;

import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Texts for parsers: samples that are right, spoiled in a few places, and some that are nothing at
 * all. Each run has another seed, which is printed; {@code -Dchitin.fuzz.seed=…} repeats one.
 */
public final class FuzzedTexts {
  /** What parsers trip over. */
  private static final List<String> PIECES =
      List.of(
          "",
          " ",
          "\t",
          "\r\n",
          "\0",
          "%",
          "%00",
          "%2f",
          "%2E",
          "%zz",
          "..",
          ".",
          "/",
          "//",
          "\\",
          ":",
          "::",
          "[::1]",
          "@",
          "#",
          "?",
          "&",
          "=",
          ",",
          ";",
          "\"",
          "'",
          "{",
          "}",
          "[",
          "]",
          "-",
          "+",
          "0",
          "9".repeat(40),
          "1e999",
          "-0",
          "null",
          "true",
          "__proto__",
          "é",
          "\ud800",
          "\ud834\udd1e",
          "\u0130",
          "\u202e",
          "\ufeff",
          "\uff11",
          "ck_",
          "Bearer ",
          "ey",
          "*",
          "a".repeat(300));

  private static final int MOST_EDITS = 4;

  private final String name;
  private final long seed;
  private final Random random;

  /** Looks at one text; whatever it throws is a finding. */
  @FunctionalInterface
  public interface Look {
    void at(String text) throws Exception;
  }

  private FuzzedTexts(String name, long seed) {
    this.name = name;
    this.seed = seed;
    this.random = new Random(seed);
  }

  /** Those of a new seed, or of the one that is asked for. */
  public static FuzzedTexts of(String name) {
    var texts = new FuzzedTexts(name, Long.getLong("chitin.fuzz.seed", System.nanoTime()));
    System.out.printf(Locale.ROOT, "%s: -Dchitin.fuzz.seed=%d%n", name, texts.seed);
    return texts;
  }

  public Random random() {
    return random;
  }

  public <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** One of {@code samples}, as it is or spoiled. */
  public String like(List<String> samples) {
    var text = new StringBuilder(one(samples));
    for (int edits = random.nextInt(MOST_EDITS + 1); edits > 0; edits--) {
      edit(text);
    }
    return text.toString();
  }

  private void edit(StringBuilder text) {
    int at = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), at + random.nextInt(8));
    switch (random.nextInt(6)) {
      case 0 -> text.insert(at, one(PIECES));
      case 1 -> text.replace(at, to, one(PIECES));
      case 2 -> text.delete(at, to);
      case 3 -> text.insert(at, text.substring(at, to));
      case 4 -> text.insert(at, (char) random.nextInt(0x180));
      default -> {
        if (at < text.length()) {
          text.setCharAt(at, (char) (text.charAt(at) ^ (1 << random.nextInt(8))));
        }
      }
    }
  }

  /**
   * Shows {@code count} of them.
   *
   * @throws AssertionError with the seed and the text that was the first finding
   */
  public void show(int count, List<String> samples, Look look) {
    for (int i = 0; i < count; i++) {
      String text = like(samples);
      try {
        look.at(text);
      } catch (Exception | AssertionError finding) {
        throw new AssertionError(
            name + ", -Dchitin.fuzz.seed=" + seed + ", text " + i + ": " + escaped(text), finding);
      }
    }
  }

  private static String escaped(String text) {
    var shown = new StringBuilder();
    text.chars()
        .forEach(
            c -> {
              if (c >= 0x20 && c < 0x7F) {
                shown.append((char) c);
              } else {
                shown.append(String.format(Locale.ROOT, "\\u%04x", c));
              }
            });
    return shown.toString();
  }
}
