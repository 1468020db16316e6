package dev.chitin.sandbox.bwrap;

/**
 * What the kernel counted for a whole run. A counter of a controller that is not there is 0.
 *
 * @param oomKills processes killed because the run was out of memory
 * @param forksRefused forks that failed because the run had its most processes
 * @param throttled periods of 100 ms in which the run had to wait for its rate of CPU time
 * @param cpuMillis CPU time, milliseconds
 */
record RunUsage(long oomKills, long forksRefused, long throttled, long cpuMillis) {
  /** Nothing was counted. */
  static final RunUsage NONE = new RunUsage(0, 0, 0, 0);
}
