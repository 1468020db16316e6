package dev.chitin.audit.query;

import java.util.Collection;
import java.util.List;

/**
 * What a filter asks of blocks, with the terms as places in a {@link TermSet}.
 *
 * @param fromMillis entries from then on, milliseconds since 1970
 * @param toMillis entries before then
 * @param terms all of which have to be there, by one of their values each
 */
record BlockQuestion(long fromMillis, long toMillis, List<List<Value>> terms) {

  /** One value of a term, by its hash. */
  record Value(long hash) {}

  static BlockQuestion of(EventFilter filter) {
    List<List<Value>> terms =
        filter.terms().entrySet().stream()
            .map(term -> values(term.getKey(), term.getValue()))
            .toList();
    return new BlockQuestion(filter.fromMillis(), filter.toMillis(), terms);
  }

  private static List<Value> values(String term, Collection<String> values) {
    return values.stream().map(value -> new Value(TermSet.hash(term, value))).toList();
  }

  /** Whether something from {@code first} to {@code last} may be within the times asked for. */
  boolean touches(long first, long last) {
    return last >= fromMillis && first < toMillis;
  }

  /** Whether everything from {@code first} to {@code last} is. */
  boolean covers(long first, long last) {
    return first >= fromMillis && last < toMillis;
  }

  /** Whether all the terms may be in {@code set}. */
  boolean mayBeIn(TermSet set) {
    for (List<Value> values : terms) {
      if (values.stream().noneMatch(value -> set.mayHold(value.hash()))) {
        return false;
      }
    }
    return true;
  }
}
