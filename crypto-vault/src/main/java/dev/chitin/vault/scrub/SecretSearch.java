package dev.chitin.vault.scrub;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the secrets that are in use, and for a few more that concern one request alone, in the
 * texts of that request. Finding one raises no alarm by itself: a request has many texts, and is
 * {@linkplain #report reported} once. Used by one thread at a time.
 */
public final class SecretSearch {
  /** A unit of UTF-16 has at most three bytes in UTF-8. */
  private static final int LEAST_CHARS = Patterns.WINDOW / 3;

  private final LiveSecrets live;
  private final List<MemorySegment> more;
  private @Nullable Patterns base;
  private @Nullable Patterns all;

  SecretSearch(LiveSecrets live, Collection<String> more) {
    this.live = live;
    this.more =
        more.stream()
            .map(text -> MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)))
            .toList();
  }

  /** Whether a secret stands in {@code text}. */
  public boolean finds(String text) {
    return text.length() >= LEAST_CHARS && !sightings(text).isEmpty();
  }

  /** {@code text} without secrets; the same object when there is none in it. */
  public String without(String text) {
    if (text.length() < LEAST_CHARS) {
      return text;
    }
    Sightings sightings = sightings(text);
    return sightings.isEmpty() ? text : new String(sightings.removed(), StandardCharsets.UTF_8);
  }

  /** Whether one stands in {@code text}, UTF-8, whose escapes were looked at by its parts. */
  public boolean findsAsItIs(byte[] text) {
    return live.look(known -> with(known).find(text, 0) != null);
  }

  private Sightings sightings(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return live.look(known -> Sightings.of(with(known), utf8));
  }

  private Patterns with(Patterns known) {
    if (known != base || all == null) {
      base = known;
      all = known;
      for (MemorySegment one : more) {
        all = all.with(one);
      }
    }
    return all;
  }

  /** Grows whenever a secret comes into use; what was looked at before that is to be again. */
  public long known() {
    return live.known();
  }

  /** Raises an alarm for what was found. */
  public void report(String place) {
    live.report(place);
  }

  @Override
  public String toString() {
    return "SecretSearch[redacted]";
  }
}
