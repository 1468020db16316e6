package dev.chitin.sandbox.bwrap;

/**
 * How many sandboxes may stand ready before their call comes.
 *
 * @param perProfile those of one tenant, limits and mounts; 0 for none at all
 * @param total all together
 * @param idleMillis how long one waits at most
 */
public record WarmBounds(int perProfile, int total, long idleMillis) {
  /** Four of a profile, sixteen in all, for a minute. */
  public static final WarmBounds DEFAULT = new WarmBounds(4, 16, 60_000);

  /** No sandbox is made before its call. */
  public static final WarmBounds NONE = new WarmBounds(0, 0, 0);

  public WarmBounds {
    if (perProfile < 0 || total < perProfile || idleMillis < 0) {
      throw new IllegalArgumentException("bounds must not be negative, and total the larger");
    }
  }
}
