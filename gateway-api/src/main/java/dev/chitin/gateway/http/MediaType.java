package dev.chitin.gateway.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A media type or media range (RFC 9110, section 8.3.1).
 *
 * @param name type and subtype, lower case
 * @param parameters by name, names in lower case, values without their quotes
 */
record MediaType(String name, Map<String, String> parameters) {
  MediaType {
    parameters = Map.copyOf(parameters);
  }

  /** What {@code text} names; empty when it is malformed or has a parameter twice. */
  static Optional<MediaType> of(String text) {
    List<String> parts = split(text, ';');
    Map<String, String> parameters = new HashMap<>();
    for (String part : parts.subList(1, parts.size())) {
      int equals = part.indexOf('=');
      if (part.isBlank()) {
        continue;
      }
      String name = part.substring(0, Math.max(0, equals)).strip().toLowerCase(Locale.ROOT);
      if (name.isEmpty()
          || parameters.putIfAbsent(name, unquoted(part.substring(equals + 1).strip())) != null) {
        return Optional.empty();
      }
    }
    String name = parts.getFirst().strip().toLowerCase(Locale.ROOT);
    return name.isEmpty() ? Optional.empty() : Optional.of(new MediaType(name, parameters));
  }

  /** Cuts {@code text} at each {@code separator} that is not within quotes. */
  static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    boolean quoted = false;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && quoted) {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        parts.add(text.substring(from, i));
        from = i + 1;
      }
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static String unquoted(String value) {
    return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1")
        : value;
  }
}
