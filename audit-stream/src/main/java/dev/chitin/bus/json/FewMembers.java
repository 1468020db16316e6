package dev.chitin.bus.json;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The members of a small object, in the order in which they were put. Their names and values stand
 * in two arrays, beside a table of places by hash: an object is made for each of many steps of a
 * call and written once or twice, and a map of linked entries costs more than what it holds.
 *
 * <p>At most {@value #MOST}: names may come from strangers, who can have them collide.
 */
final class FewMembers extends AbstractMap<String, JsonValue> {
  static final int MOST = 64;

  private static final int FEW = 8;
  private static final int FREE = 0;

  private String[] names = new String[FEW];
  private JsonValue[] values = new JsonValue[FEW];

  /** Places from one on, twice as many as there is room for members: a power of two. */
  private byte[] table = new byte[2 * FEW];

  private int size;

  FewMembers copy() {
    var copy = new FewMembers();
    forEach(copy::set);
    return copy;
  }

  boolean isFull() {
    return size == MOST;
  }

  /** Adds a member; one of the same name gets the new value and keeps its place. */
  void set(String name, JsonValue value) {
    int slot = slot(name);
    if (table[slot] != FREE) {
      values[table[slot] - 1] = value;
      return;
    }
    if (size == names.length) {
      grow();
      slot = slot(name);
    }
    names[size] = name;
    values[size] = value;
    table[slot] = (byte) ++size;
  }

  /** What has more than a few members often has many. */
  private void grow() {
    int room = Math.min(4 * size, MOST);
    names = Arrays.copyOf(names, room);
    values = Arrays.copyOf(values, room);
    table = new byte[2 * room];
    for (int i = 0; i < size; i++) {
      table[slot(names[i])] = (byte) (i + 1);
    }
  }

  /** Where {@code name} has its place in the table, or would have it. */
  private int slot(String name) {
    int hash = name.hashCode();
    int slot = (hash ^ hash >>> 16) & table.length - 1;
    while (table[slot] != FREE && !names[table[slot] - 1].equals(name)) {
      slot = slot + 1 & table.length - 1;
    }
    return slot;
  }

  /** Into arrays that have room for all. */
  void copyTo(String[] intoNames, JsonValue[] intoValues) {
    System.arraycopy(names, 0, intoNames, 0, size);
    System.arraycopy(values, 0, intoValues, 0, size);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public @Nullable JsonValue get(@Nullable Object key) {
    if (!(key instanceof String name)) {
      return null;
    }
    int place = table[slot(name)];
    return place == FREE ? null : values[place - 1];
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return get(key) != null;
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super JsonValue> action) {
    for (int i = 0; i < size; i++) {
      action.accept(names[i], values[i]);
    }
  }

  @Override
  public Set<Map.Entry<String, JsonValue>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public Iterator<Map.Entry<String, JsonValue>> iterator() {
        return entries();
      }
    };
  }

  private Iterator<Map.Entry<String, JsonValue>> entries() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < size;
      }

      @Override
      public Map.Entry<String, JsonValue> next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int i = next++;
        return Map.entry(names[i], values[i]);
      }
    };
  }
}
