package dev.chitin.bus.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One immutable JSON value (RFC 8259). */
public sealed interface JsonValue {

  /** The value in plain Java: unmodifiable map or list, String, Long, Double, Boolean or null. */
  @Nullable Object toPlain();

  /**
   * An object; members keep the order in which they were read.
   *
   * @param members unmodifiable, by name
   */
  record Obj(Map<String, JsonValue> members) implements JsonValue {
    public static final Obj EMPTY = new Obj(Map.of());

    public Obj {
      members = members instanceof FewMembers ? members : Collections.unmodifiableMap(members);
    }

    /** The member of that name, or null when there is none. */
    public @Nullable JsonValue get(String name) {
      return members.get(name);
    }

    @Override
    public Map<String, @Nullable Object> toPlain() {
      var plain = new LinkedHashMap<String, @Nullable Object>(members.size() * 2);
      members.forEach((name, value) -> plain.put(name, value.toPlain()));
      return Collections.unmodifiableMap(plain);
    }
  }

  /**
   * An array.
   *
   * @param items unmodifiable
   */
  record Arr(List<JsonValue> items) implements JsonValue {
    public static final Arr EMPTY = new Arr(List.of());

    public Arr {
      items = List.copyOf(items);
    }

    /** An array of strings. */
    public static Arr ofStrings(List<String> strings) {
      if (strings.isEmpty()) {
        return EMPTY;
      }
      var items = new JsonValue[strings.size()];
      for (int i = 0; i < items.length; i++) {
        items[i] = new Str(strings.get(i));
      }
      return new Arr(List.of(items));
    }

    @Override
    public List<@Nullable Object> toPlain() {
      var plain = new ArrayList<@Nullable Object>(items.size());
      items.forEach(item -> plain.add(item.toPlain()));
      return Collections.unmodifiableList(plain);
    }
  }

  /** A string without lone surrogates. */
  record Str(String value) implements JsonValue {
    @Override
    public String toPlain() {
      return value;
    }
  }

  /** A whole number within ±(2⁵³−1), the range in which every reader agrees. */
  record Int(long value) implements JsonValue {
    /** 2⁵³−1, the largest whole number that a double holds exactly along with its neighbours. */
    public static final long MAX = 9_007_199_254_740_991L;

    public Int {
      if (value > MAX || value < -MAX) {
        throw new IllegalArgumentException("beyond 2^53-1: send it as a string");
      }
    }

    @Override
    public Long toPlain() {
      return value;
    }
  }

  /** A finite number that is not an {@link Int}. */
  record Real(double value) implements JsonValue {
    public Real {
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        throw new IllegalArgumentException("JSON has no such number");
      }
    }

    @Override
    public Double toPlain() {
      return value;
    }
  }

  /**
   * A number of a document that is passed on, as it stands there. Not among what is decided on: it
   * has no plain value and no canonical form.
   *
   * @param text a number of RFC 8259, finite as a double
   */
  record Written(String text) implements JsonValue {
    /** The number that readers of values have for it; null when it is beyond what all agree on. */
    public @Nullable JsonValue value() {
      boolean whole = text.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'));
      double value = Double.parseDouble(text);
      if (value == Math.rint(value) && Math.abs(value) <= Int.MAX) {
        return new Int((long) value);
      }
      return whole ? null : new Real(value);
    }

    @Override
    public Object toPlain() {
      throw new IllegalStateException("a number that is kept as it was written has no plain value");
    }
  }

  /** {@code true} or {@code false}. */
  record Bool(boolean value) implements JsonValue {
    static final Bool TRUE = new Bool(true);
    static final Bool FALSE = new Bool(false);

    @Override
    public Boolean toPlain() {
      return value;
    }
  }

  /** {@code null}. */
  record Null() implements JsonValue {
    public static final Null VALUE = new Null();

    @Override
    public @Nullable Object toPlain() {
      return null;
    }
  }

  /** Starts an object. */
  static Builder object() {
    return new Builder();
  }

  /** Collects the members of one object; null values leave the member out. */
  final class Builder {
    private FewMembers few = new FewMembers();
    private @Nullable Map<String, JsonValue> many;
    private boolean built;

    private Builder() {}

    public Builder put(String name, @Nullable JsonValue value) {
      if (value == null) {
        return this;
      }
      if (built) {
        begin();
      }
      if (many == null && few.isFull()) {
        many = new LinkedHashMap<>(few);
      }
      if (many == null) {
        few.set(name, value);
      } else {
        many.put(name, value);
      }
      return this;
    }

    public Builder put(String name, @Nullable String value) {
      return put(name, value == null ? null : new Str(value));
    }

    public Builder put(String name, long value) {
      return put(name, new Int(value));
    }

    public Builder put(String name, boolean value) {
      return put(name, value ? Bool.TRUE : Bool.FALSE);
    }

    public Builder put(String name, List<String> strings) {
      return put(name, Arr.ofStrings(strings));
    }

    boolean has(String name) {
      return (many == null ? few : many).containsKey(name);
    }

    int size() {
      return (many == null ? few : many).size();
    }

    /** What was built before stays as it is. */
    private void begin() {
      if (many == null) {
        few = few.copy();
      } else {
        many = new LinkedHashMap<>(many);
      }
      built = false;
    }

    public Obj build() {
      built = true;
      return new Obj(many == null ? few : many);
    }
  }
}
