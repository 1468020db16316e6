package dev.chitin.audit;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What entries name by a keyed hash and not in clear, unless the operator says otherwise ({@code
 * audit.clear}): values of few bits, which a plain hash would give away to whoever tries them all.
 */
public enum GuardedField {
  /** Who: names of principals, keys, subjects of tokens. Also sealed, so that it can be read. */
  PRINCIPAL("principal"),
  /** Where a request came from or went to: addresses and networks. */
  ADDRESS("address"),
  /** Hosts that tools reached for. */
  HOST("host"),
  /** Paths of requests that tools made. */
  PATH("path"),
  /** The id part of keys that somebody presented. */
  KEY_ID("key_id"),
  /** Names of tools that there are not; those that there are stand in clear. */
  UNKNOWN_TOOL("unknown_tool");

  private final String text;

  GuardedField(String text) {
    this.text = text;
  }

  /** The name in the configuration and in the hash. */
  public String text() {
    return text;
  }

  /** Every field's name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(GuardedField::text).toList();
  }

  /** The field of that name. */
  public static Optional<GuardedField> of(String text) {
    for (GuardedField field : values()) {
      if (field.text.equals(text)) {
        return Optional.of(field);
      }
    }
    return Optional.empty();
  }
}
