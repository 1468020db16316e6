package dev.chitin.audit.alert;

import java.time.Duration;

/**
 * Hours of the day (UTC) in which policy and configuration are changed; from 22 to 6 is a night.
 *
 * @param from the first hour, 0 to 23
 * @param to the hour at which they end, 1 to 24
 */
public record ChangeHours(int from, int to) {
  /** No hour is unusual. */
  public static final ChangeHours ANY = new ChangeHours(0, 24);

  public ChangeHours {
    if (from < 0 || from > 23 || to < 1 || to > 24 || from == to) {
      throw new IllegalArgumentException("hours are from 0 to 23 and to 1 to 24, and not the same");
    }
  }

  /** Whether {@code millis}, since 1970, lies within them. */
  boolean hold(long millis) {
    long hour = Math.floorMod(millis / Duration.ofHours(1).toMillis(), 24L);
    return from < to ? hour >= from && hour < to : hour >= from || hour < to;
  }
}
