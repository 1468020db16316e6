package dev.chitin.sandbox.bwrap;

/**
 * How many native calls may run, wait and be set up at once; each bound is positive.
 *
 * @param runs sandboxes at once, those that stand ready included
 * @param runsPerTenant sandboxes at once of one tenant
 * @param waiting calls that wait for a place
 * @param waitingPerTenant calls of one tenant that wait
 * @param setUps sandboxes that are being set up at once; more than processors gains nothing
 */
public record RunBounds(
    int runs, int runsPerTenant, int waiting, int waitingPerTenant, int setUps) {
  /** 256 runs, 192 of one tenant; 512 that wait, 256 of one tenant; a set-up for each processor. */
  public static final RunBounds DEFAULT =
      new RunBounds(256, 192, 512, 256, Runtime.getRuntime().availableProcessors());

  public RunBounds {
    if (runs < 1 || runsPerTenant < 1 || waiting < 1 || waitingPerTenant < 1 || setUps < 1) {
      throw new IllegalArgumentException("bounds must be positive");
    }
  }
}
