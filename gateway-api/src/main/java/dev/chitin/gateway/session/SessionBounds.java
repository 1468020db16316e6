package dev.chitin.gateway.session;

/**
 * How long and how many.
 *
 * @param idleMillis after how long without use a session ends
 * @param absoluteMillis after how long it ends in any case
 * @param perPrincipal of one principal
 * @param total in all
 */
public record SessionBounds(long idleMillis, long absoluteMillis, int perPrincipal, int total) {
  public static final SessionBounds DEFAULT =
      new SessionBounds(30 * 60_000L, 12 * 3_600_000L, 100, 10_000);
}
