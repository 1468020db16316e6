package dev.chitin.sandbox.bwrap;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A queue that goes round its groups, and within a group round its members: round robin of two
 * levels, first come first served within a member. Holds nothing of a group without entries. Not
 * safe for use from several threads.
 *
 * @param <T> entries, compared by identity of {@code equals}
 */
final class FairQueue<T> {
  /** In the order of their turns. */
  private final Map<String, Group<T>> groups = new LinkedHashMap<>();

  private int size;

  private static final class Group<T> {
    private final Map<String, Deque<T>> members = new LinkedHashMap<>();
    private int size;
  }

  void add(String group, String member, T entry) {
    Group<T> place = groups.computeIfAbsent(group, name -> new Group<>());
    place.members.computeIfAbsent(member, name -> new ArrayDeque<>()).add(entry);
    place.size++;
    size++;
  }

  /** The next entry of the first group that {@code may} have a turn; both go to the end. */
  Optional<T> poll(Predicate<String> may) {
    for (Map.Entry<String, Group<T>> candidate : groups.entrySet()) {
      if (may.test(candidate.getKey())) {
        return Optional.of(take(candidate.getKey(), candidate.getValue()));
      }
    }
    return Optional.empty();
  }

  private T take(String name, Group<T> group) {
    Iterator<Map.Entry<String, Deque<T>>> first = group.members.entrySet().iterator();
    Map.Entry<String, Deque<T>> turn = first.next();
    String member = turn.getKey();
    Deque<T> entries = turn.getValue();
    first.remove();
    T entry = entries.remove();
    if (!entries.isEmpty()) {
      group.members.put(member, entries);
    }
    groups.remove(name);
    group.size--;
    size--;
    if (group.size > 0) {
      groups.put(name, group);
    }
    return entry;
  }

  /** Takes {@code entry} out wherever it stands; false when it is not there. */
  boolean remove(String group, String member, T entry) {
    Group<T> place = groups.get(group);
    Deque<T> entries = place == null ? null : place.members.get(member);
    if (place == null || entries == null || !entries.remove(entry)) {
      return false;
    }
    place.size--;
    size--;
    if (entries.isEmpty()) {
      place.members.remove(member);
    }
    if (place.size == 0) {
      groups.remove(group);
    }
    return true;
  }

  int size() {
    return size;
  }

  int size(String group) {
    Group<T> place = groups.get(group);
    return place == null ? 0 : place.size;
  }
}
