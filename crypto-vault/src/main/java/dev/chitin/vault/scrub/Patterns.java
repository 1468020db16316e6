package dev.chitin.vault.scrub;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is looked for: each {@link Form} of each of some secrets. A rolling polynomial fingerprint
 * (Rabin and Karp) of the first {@value #WINDOW} bytes finds candidates, and the secret itself, in
 * native memory, confirms them. The fingerprint is keyed by a random factor that lies in secret
 * memory, so what the heap holds says nothing of the secret to who reads the heap. Immutable.
 *
 * @see <a href="https://doi.org/10.1147/rd.312.0249">Karp and Rabin, Efficient randomized
 *     pattern-matching algorithms</a>
 */
final class Patterns {
  /** How many of a fingerprint's bits say at once whether it may be one that is looked for. */
  private static final int MARKED_BITS = 16;

  /** Length of what is fingerprinted, and of the shortest secret that can be searched for. */
  static final int WINDOW = 12;

  /**
   * A candidate: a form of a secret whose first bytes have the fingerprint.
   *
   * @param end where the form ends, when only the beginning of the secret is kept
   */
  private record Pattern(long fingerprint, MemorySegment secret, Form form, @Nullable End end) {}

  /**
   * The end of a form of a secret.
   *
   * @param length of the whole form
   * @param fingerprint of its last bytes
   */
  private record End(long length, long fingerprint) {}

  private final long[] fingerprints;
  private final Pattern[] patterns;
  private final long[] marked = new long[1 << (MARKED_BITS - 6)];
  private final MemorySegment key;

  private Patterns(Pattern[] patterns, MemorySegment key) {
    this.patterns = patterns;
    this.fingerprints = Arrays.stream(patterns).mapToLong(Pattern::fingerprint).toArray();
    this.key = key;
    for (long fingerprint : fingerprints) {
      int bit = bit(fingerprint);
      marked[bit >>> 6] |= 1L << bit;
    }
  }

  /** A key for fingerprints: an odd factor. */
  static MemorySegment newKey(Arena arena) {
    MemorySegment key = SecretMemory.allocate(arena, Long.BYTES);
    SecretMemory.random(key);
    key.set(ValueLayout.JAVA_BYTE, 0, (byte) (key.get(ValueLayout.JAVA_BYTE, 0) | 1));
    return key;
  }

  /** Nothing to look for. */
  static Patterns none(MemorySegment key) {
    return new Patterns(new Pattern[0], key);
  }

  /**
   * These and the forms of {@code secret}, which stays where it is. What is shorter than {@value
   * #WINDOW} bytes cannot be told from chance and is not looked for.
   */
  Patterns with(MemorySegment secret) {
    return with(secret, secret);
  }

  /**
   * The same where only the beginning of a secret stays.
   *
   * @param known its first bytes, which stay where they are
   * @param secret all of it, which is not kept
   */
  Patterns with(MemorySegment known, MemorySegment secret) {
    if (known.byteSize() < WINDOW) {
      return this;
    }
    long factor = key.get(ValueLayout.JAVA_LONG, 0);
    List<Form> forms = distinct(secret, factor);
    var all = Arrays.copyOf(patterns, patterns.length + forms.size());
    for (int i = 0; i < forms.size(); i++) {
      Form form = forms.get(i);
      End end = known.byteSize() < secret.byteSize() ? end(secret, form, factor) : null;
      all[patterns.length + i] = new Pattern(fingerprint(known, form, factor), known, form, end);
    }
    // The first part is in order already, which this sort makes use of.
    Arrays.sort(all, Comparator.comparingLong(Pattern::fingerprint));
    return new Patterns(all, key);
  }

  /**
   * The forms that differ: letters and digits are the same in most, and what begins as a secret
   * does must not be compared with each of them.
   */
  private static List<Form> distinct(MemorySegment secret, long factor) {
    Set<End> seen = new HashSet<>();
    return Arrays.stream(Form.values())
        .filter(form -> seen.add(whole(secret, form, factor)))
        .toList();
  }

  /** Length and fingerprint of all of a form. */
  private static End whole(MemorySegment secret, Form form, long factor) {
    long[] state = {form.endsWithin() ? 1 : 0, 0};
    form.write(
        secret,
        b -> {
          state[0] = state[0] * factor + b + 129;
          state[1]++;
          return true;
        });
    return new End(state[1], state[0]);
  }

  /** These without what {@link #with} added for the same memory. */
  Patterns without(MemorySegment secret) {
    return new Patterns(
        Arrays.stream(patterns).filter(p -> !p.secret().equals(secret)).toArray(Pattern[]::new),
        key);
  }

  private static long fingerprint(MemorySegment secret, Form form, long factor) {
    var state = new long[2];
    form.write(
        secret,
        b -> {
          state[0] = state[0] * factor + b + 129;
          return ++state[1] < WINDOW;
        });
    return state[0];
  }

  private static End end(MemorySegment secret, Form form, long factor) {
    long[] length = {0};
    form.write(
        secret,
        b -> {
          length[0]++;
          return true;
        });
    long[] state = {0, 0};
    form.write(
        secret,
        b -> {
          if (++state[1] > length[0] - WINDOW) {
            state[0] = state[0] * factor + b + 129;
          }
          return true;
        });
    return new End(length[0], state[0]);
  }

  private static int bit(long fingerprint) {
    return (int) (fingerprint >>> (Long.SIZE - MARKED_BITS));
  }

  private boolean mayBe(long fingerprint) {
    int bit = bit(fingerprint);
    return (marked[bit >>> 6] & (1L << bit)) != 0;
  }

  /** How many forms are looked for. */
  int size() {
    return patterns.length;
  }

  boolean isEmpty() {
    return patterns.length == 0;
  }

  /**
   * What stands somewhere in a text.
   *
   * @param from where it begins
   * @param to where it ends; the end of the text when it is not there whole
   * @param whole false when more of the text could still make it longer, or another one
   * @param open whether more of the secret may follow than can be told here
   */
  record Hit(long from, long to, boolean whole, boolean open) {}

  /**
   * Looks for the first secret in {@code text[from, end)}.
   *
   * @return null when there is none, as far as windows that lie in the text whole can tell
   */
  @Nullable Hit find(Text text, long from, long end) {
    if (isEmpty() || end - from < WINDOW) {
      return null;
    }
    long factor = key.get(ValueLayout.JAVA_LONG, 0);
    long leaving = leaving(factor);
    long hash = 0;
    for (long i = from; i < end; i++) {
      hash = hash * factor + text.at(i) + 129;
      long begin = i - WINDOW + 1;
      if (begin > from) {
        hash -= leaving * (text.at(begin - 1) + 129);
      }
      if (begin >= from && mayBe(hash)) {
        Hit hit = confirmed(text, begin, end, hash);
        if (hit != null) {
          return hit;
        }
      }
    }
    return null;
  }

  /** The same in an array, where most texts lie: a call for each byte would be most of the work. */
  @Nullable Hit find(byte[] text, int from) {
    if (isEmpty() || text.length - from < WINDOW) {
      return null;
    }
    long factor = key.get(ValueLayout.JAVA_LONG, 0);
    long leaving = leaving(factor);
    long hash = 0;
    for (int i = from; i < text.length; i++) {
      hash = hash * factor + text[i] + 129;
      int begin = i - WINDOW + 1;
      if (begin > from) {
        hash -= leaving * (text[begin - 1] + 129);
      }
      if (begin >= from && mayBe(hash)) {
        Hit hit = confirmed(at -> text[Math.toIntExact(at)], begin, text.length, hash);
        if (hit != null) {
          return hit;
        }
      }
    }
    return null;
  }

  /** What a byte counts that leaves the window. */
  private static long leaving(long factor) {
    long leaving = 1;
    for (int i = 0; i < WINDOW; i++) {
      leaving *= factor;
    }
    return leaving;
  }

  private @Nullable Hit confirmed(Text text, long begin, long end, long hash) {
    int at = Arrays.binarySearch(fingerprints, hash);
    while (at > 0 && fingerprints[at - 1] == hash) {
      at--;
    }
    Hit best = null;
    for (int i = at; i >= 0 && i < patterns.length && fingerprints[i] == hash; i++) {
      Hit hit = compare(text, begin, end, patterns[i]);
      if (hit != null && (!hit.whole() || best == null || (best.whole() && hit.to() > best.to()))) {
        best = hit;
      }
    }
    return best;
  }

  /** Whether the form stands at {@code begin}, or the text ends before that can be told. */
  private @Nullable Hit compare(Text text, long begin, long end, Pattern pattern) {
    var state = new long[] {begin, 1};
    pattern
        .form()
        .write(
            pattern.secret(),
            b -> {
              if (state[0] == end) {
                state[1] = 2;
              } else if (text.at(state[0]) != b) {
                state[1] = 0;
              } else {
                state[0]++;
                return true;
              }
              return false;
            });
    if (state[1] == 0) {
      return null;
    }
    if (state[1] == 2) {
      return new Hit(begin, state[0], false, true);
    }
    return pattern.end() == null
        ? new Hit(begin, state[0], true, pattern.form().endsWithin())
        : toItsEnd(text, new Hit(begin, state[0], true, true), end, pattern);
  }

  /**
   * The hit with the rest of a secret whose beginning it is, when the end stands where it should.
   */
  private Hit toItsEnd(Text text, Hit begun, long end, Pattern pattern) {
    End last = Objects.requireNonNull(pattern.end());
    long to = begun.from() + last.length();
    if (to > end) {
      return begun;
    }
    long factor = key.get(ValueLayout.JAVA_LONG, 0);
    long hash = 0;
    for (long i = to - WINDOW; i < to; i++) {
      hash = hash * factor + text.at(i) + 129;
    }
    return hash == last.fingerprint()
        ? new Hit(begun.from(), to, true, pattern.form().endsWithin())
        : begun;
  }

  /** How many bytes at the end of {@code text[from, end)} are the first ones of a form. */
  long begunAtEnd(Text text, long from, long end) {
    long most = 0;
    for (long begin = Math.max(from, end - WINDOW + 1); begin < end && most == 0; begin++) {
      for (Pattern pattern : patterns) {
        Hit hit = compare(text, begin, end, pattern);
        if (hit != null && hit.to() == end) {
          most = end - begin;
        }
      }
    }
    return most;
  }
}
