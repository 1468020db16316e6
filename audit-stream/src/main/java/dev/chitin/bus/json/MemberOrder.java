package dev.chitin.bus.json;

import java.util.Arrays;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * In which order the members of an object are written canonically (RFC 8785 section 3.2.3), and
 * their names as they are written. Objects of one kind are made with the same names in the same
 * sequence again and again: the order of the last few short sequences is remembered, at most
 * {@value #REMEMBERED} of {@value #MOST_CHARS} characters. Safe for use by several threads.
 */
final class MemberOrder {
  private static final int REMEMBERED = 64;
  private static final int MOST_CHARS = 512;
  private static final int TOO_LONG = -1;
  private static final AtomicReferenceArray<@Nullable MemberOrder> KNOWN =
      new AtomicReferenceArray<>(REMEMBERED);

  private final String[] names;
  private final int[] places;
  private final byte[][] heads;

  private MemberOrder(String[] names) {
    this.names = names;
    places = sorted(names);
    heads = CanonicalJson.heads(Arrays.stream(places).mapToObj(place -> names[place]).toList());
  }

  /** The order of {@code names}, an array that is not changed from now on. */
  static MemberOrder of(String[] names) {
    int slot = slot(names);
    if (slot == TOO_LONG) {
      return new MemberOrder(names);
    }
    MemberOrder known = KNOWN.get(slot);
    if (known == null || !Arrays.equals(known.names, names)) {
      known = new MemberOrder(names);
      KNOWN.set(slot, known);
    }
    return known;
  }

  /** The place, in the sequence given, of the member that is written at {@code i}. */
  int place(int i) {
    return places[i];
  }

  /** What is written before the value of that member: comma, name, colon. Not to be changed. */
  byte[] head(int i) {
    return heads[i];
  }

  private static int slot(String[] names) {
    int hash = 0;
    int chars = 0;
    for (String name : names) {
      hash = 31 * hash + name.hashCode();
      chars += name.length() + 1;
      if (chars > MOST_CHARS) {
        return TOO_LONG;
      }
    }
    return (hash ^ hash >>> 16) & REMEMBERED - 1;
  }

  /** Strings compare by UTF-16 units. */
  private static int[] sorted(String[] names) {
    return IntStream.range(0, names.length)
        .boxed()
        .sorted(Comparator.comparing(place -> names[place]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
