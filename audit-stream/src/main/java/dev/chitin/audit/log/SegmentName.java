package dev.chitin.audit.log;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a segment file: {@code segment-<first index, 20 digits>.log}, so that names sort as
 * the log does.
 */
record SegmentName(long firstIndex) implements Comparable<SegmentName> {
  private static final Pattern FORM = Pattern.compile("segment-(\\d{20})\\.log");

  String fileName() {
    return "segment-%020d.log".formatted(firstIndex);
  }

  static Optional<SegmentName> parse(String fileName) {
    Matcher matcher = FORM.matcher(fileName);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new SegmentName(Long.parseLong(matcher.group(1))));
    } catch (NumberFormatException e) {
      return Optional.empty(); // Twenty digits can exceed a long; the log never makes such a name.
    }
  }

  @Override
  public int compareTo(SegmentName other) {
    return Long.compare(firstIndex, other.firstIndex);
  }
}
