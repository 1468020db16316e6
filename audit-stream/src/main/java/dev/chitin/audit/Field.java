package dev.chitin.audit;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import java.util.List;

/**
 * One field of an event, by what of it may stand in the log. Nothing comes into an entry but as one
 * of these, so a field without a class does not compile.
 */
sealed interface Field {

  /**
   * As it is: a word of a closed vocabulary, a random id, a number, a sentence of the gateway's.
   */
  record Clear(JsonValue value) implements Field {
    private static final int WORD = 128;
    private static final int SENTENCE = 512;
    private static final int ITEM = 64;

    static Clear word(String text) {
      return new Clear(new JsonValue.Str(BoundedText.of(text, WORD)));
    }

    static Clear sentence(String text) {
      return new Clear(new JsonValue.Str(BoundedText.of(text, SENTENCE)));
    }

    /** At most {@code most} words. */
    static Clear words(List<String> words, int most) {
      return new Clear(
          new JsonValue.Arr(
              words.stream()
                  .limit(most)
                  .<JsonValue>map(word -> new JsonValue.Str(BoundedText.of(word, ITEM)))
                  .toList()));
    }

    /** A word for each of at most {@code most} names. */
    static Clear table(List<DoctorResult.Control> controls, int most) {
      JsonValue.Builder table = JsonValue.object();
      controls.stream()
          .limit(most)
          .forEach(
              control ->
                  table.put(
                      BoundedText.of(control.name(), ITEM / 2 + 8),
                      BoundedText.of(control.verdict(), ITEM / 2)));
      return new Clear(table.build());
    }

    static Clear flag(boolean value) {
      return new Clear(new JsonValue.Bool(value));
    }

    /** Numbers that readers may not hold exactly are strings (RFC 8785 appendix D). */
    static Clear number(long value) {
      boolean exact = value <= JsonValue.Int.MAX && value >= -JsonValue.Int.MAX;
      return new Clear(exact ? new JsonValue.Int(value) : new JsonValue.Str(Long.toString(value)));
    }
  }

  /** The digest of something of many bits. */
  record Digested(Digest digest) implements Field {}

  /** A value of few bits that others chose: its keyed hash. */
  record Hmac(GuardedField field, String tenant, String value) implements Field {}

  /** Who: the keyed hash, and the name itself under a key that can be destroyed. */
  record Sealed(String tenant, String name) implements Field {}

  /** Not in the log, whatever it is. */
  record Never() implements Field {
    static final Never VALUE = new Never();
  }
}
