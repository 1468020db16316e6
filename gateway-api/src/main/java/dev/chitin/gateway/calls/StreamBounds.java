package dev.chitin.gateway.calls;

/**
 * How many streams of calls' events may be open at once.
 *
 * @param total in all
 * @param perPrincipal of one principal
 * @param perCall of one call
 */
public record StreamBounds(int total, int perPrincipal, int perCall) {
  public static final StreamBounds DEFAULT = new StreamBounds(2_048, 32, 8);
}
