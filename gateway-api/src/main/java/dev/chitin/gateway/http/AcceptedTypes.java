package dev.chitin.gateway.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a request's {@code Accept} takes for an answer (RFC 9110, section 12.5.1): of the ranges
 * that fit a type the most specific counts. Parameters but {@code q} are not looked at; a range
 * that is malformed is none. Two things that clients send are read as they are meant: a star alone,
 * for any type, and {@code q=.2}.
 */
final class AcceptedTypes {
  private static final Pattern QUALITY = Pattern.compile("[01]|[01]?\\.[0-9]{1,3}|[01]\\.");
  private static final String ANY = "*/*";

  private final List<MediaType> ranges;

  private AcceptedTypes(List<MediaType> ranges) {
    this.ranges = ranges;
  }

  /**
   * Reads the field.
   *
   * @param values the field's lines; none take everything
   */
  static AcceptedTypes of(List<String> values) {
    List<MediaType> ranges =
        values.stream()
            .flatMap(value -> MediaType.split(value, ',').stream())
            .flatMap(part -> MediaType.of(part).stream())
            .flatMap(AcceptedTypes::range)
            .toList();
    return new AcceptedTypes(ranges.isEmpty() ? List.of(new MediaType(ANY, Map.of())) : ranges);
  }

  private static Stream<MediaType> range(MediaType range) {
    boolean readable = QUALITY.matcher(range.parameters().getOrDefault("q", "1")).matches();
    String name = range.name().equals("*") ? ANY : range.name();
    return readable ? Stream.of(new MediaType(name, range.parameters())) : Stream.empty();
  }

  /** How much {@code type} is wanted: 0, not at all, to 1. */
  double quality(String type) {
    return named(type)
        .or(() -> named(type.substring(0, type.indexOf('/')) + "/*"))
        .or(() -> named(ANY))
        .map(range -> Math.min(1, Double.parseDouble(range.parameters().getOrDefault("q", "1"))))
        .orElse(0.0);
  }

  /** Whether {@code type} is named itself, and wanted. */
  boolean names(String type) {
    return named(type).isPresent() && quality(type) > 0;
  }

  private Optional<MediaType> named(String name) {
    return ranges.stream().filter(range -> range.name().equals(name)).findFirst();
  }
}
