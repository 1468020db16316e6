package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A length of time as a person types it: {@code 30s}, {@code 15m}, {@code 1h}, {@code 90d}. */
final class Period {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})([smhd])");

  private Period() {}

  /** In milliseconds. */
  static long millis(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, text + " is not a length of time.")
          .withHint("Write a number and s, m, h or d: 30s, 15m, 1h, 90d.")
          .toException();
    }
    TimeUnit unit =
        switch (matcher.group(2)) {
          case "s" -> TimeUnit.SECONDS;
          case "m" -> TimeUnit.MINUTES;
          case "h" -> TimeUnit.HOURS;
          default -> TimeUnit.DAYS;
        };
    return unit.toMillis(Long.parseLong(matcher.group(1)));
  }
}
