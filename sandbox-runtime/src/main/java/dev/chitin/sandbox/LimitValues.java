package dev.chitin.sandbox;

import dev.chitin.bus.json.JsonFields;
import dev.chitin.policy.Limits;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The limits that somebody has set explicitly; what is absent was left to others.
 *
 * @param members values by member
 */
public record LimitValues(Map<Limits.Member, Long> members) {
  /** Nothing is set. */
  public static final LimitValues NONE = new LimitValues(Map.of());

  public LimitValues {
    var copy = new EnumMap<Limits.Member, Long>(Limits.Member.class);
    copy.putAll(members);
    members = Collections.unmodifiableMap(copy);
  }

  /**
   * Reads them from an object.
   *
   * @throws dev.chitin.bus.ChitinException when a member is unknown or outside of its bounds
   */
  public static LimitValues read(JsonFields fields) {
    var members = new EnumMap<Limits.Member, Long>(Limits.Member.class);
    for (Limits.Member member : Limits.Member.values()) {
      fields
          .integer(member.key(), member.least(), member.most())
          .ifPresent(value -> members.put(member, value));
    }
    fields.end();
    return new LimitValues(members);
  }

  Optional<Long> get(Limits.Member member) {
    return Optional.ofNullable(members.get(member));
  }
}
