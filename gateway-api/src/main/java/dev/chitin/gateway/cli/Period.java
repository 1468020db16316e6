package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A length of time as a person types it: {@code 30s}, {@code 15m}, {@code 1h}, {@code 90d}. */
final class Period {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})([smhd])");

  private Period() {}

  /**
   * Reads the value of an option.
   *
   * @param least included
   * @param most included
   * @throws dev.chitin.bus.ChitinException {@code request.arguments_invalid} with the option and
   *     its bounds
   */
  static Duration of(String option, String text, Duration least, Duration most) {
    Optional<Duration> read = read(text);
    if (read.isEmpty()) {
      throw Problem.of(
              ProblemCode.REQUEST_ARGUMENTS_INVALID,
              option + ": " + text + " is not a length of time.")
          .withRule(option)
          .withHint("Write a number and s, m, h or d: 30s, 15m, 1h, 90d.")
          .toException();
    }
    return read.filter(time -> time.compareTo(least) >= 0 && time.compareTo(most) <= 0)
        .orElseThrow(
            () ->
                Problem.of(
                        ProblemCode.REQUEST_ARGUMENTS_INVALID,
                        option + " must lie between " + show(least) + " and " + show(most) + ".")
                    .withRule(option)
                    .withHint("Write a number and s, m, h or d within them.")
                    .toException());
  }

  private static Optional<Duration> read(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    ChronoUnit unit =
        switch (matcher.group(2)) {
          case "s" -> ChronoUnit.SECONDS;
          case "m" -> ChronoUnit.MINUTES;
          case "h" -> ChronoUnit.HOURS;
          default -> ChronoUnit.DAYS;
        };
    return Optional.of(Duration.of(Long.parseLong(matcher.group(1)), unit));
  }

  /** As {@link #read} takes it. */
  private static String show(Duration time) {
    return time.toDays() > 0 && time.equals(Duration.ofDays(time.toDays()))
        ? time.toDays() + "d"
        : time.toSeconds() + "s";
  }
}
