package dev.chitin.sandbox.bwrap;

/**
 * What the native backend is doing.
 *
 * @param running calls that have a sandbox or are given one
 * @param waiting calls that wait for their turn
 * @param refused calls that found no place to wait, since the start
 * @param ready sandboxes that stand ready for their call
 * @param warmHits calls for which one stood ready, since the start
 * @param warmMisses calls for which one could have and did not, since the start
 */
public record SandboxMetrics(
    int running, int waiting, long refused, int ready, long warmHits, long warmMisses) {

  /** Of the calls for which one could have stood ready, the share for which one did; 0 of none. */
  public double hitRatio() {
    long all = warmHits + warmMisses;
    return all == 0 ? 0 : (double) warmHits / all;
  }
}
