package dev.chitin.it.bench;

import java.time.Duration;
import java.util.Map;

/** One server of a comparison, under one generator of load: how much it took, and what of. */
final class Side {
  private static final int MOST_WARM_UPS = 5;

  /** Compiler and collector of one call, in microseconds, below which a server has settled. */
  private static final double SETTLED_MICROS = 3;

  private final Child process;
  private final HttpLoad.Shot shot;
  private long shots;
  private double rate;
  private Duration cpu = Duration.ZERO;
  private StationTimes stations = new StationTimes(Map.of());

  Side(Child process, HttpLoad.Shot shot) {
    this.process = process;
    this.shot = shot;
  }

  /** A generator; gives requests a second. */
  @FunctionalInterface
  interface Load {
    double fire(HttpLoad.Shot shot, int count) throws Exception;
  }

  /** The same server and request from the beginning, for another generator. */
  Side again() {
    return new Side(process, shot);
  }

  /**
   * Requests that are not counted: that many, and as many again for as long as the compiler takes
   * its share of them, since what it has not compiled yet is no cost of a call that is served all
   * day. A server that never settles is measured as it is.
   */
  void warmUp(Load load, int count) throws Exception {
    double compiled = Double.MAX_VALUE;
    for (int i = 0; i < MOST_WARM_UPS && compiled > SETTLED_MICROS; i++) {
      StationTimes before = process.stations();
      load.fire(shot, count);
      compiled = process.stations().minus(before).spentBy(StationTimes.COMPILER) / count;
    }
  }

  void turn(Load load, int count) throws Exception {
    Duration before = process.cpu();
    StationTimes stationsBefore = process.stations();
    rate = Math.max(rate, load.fire(shot, count));
    stations = stations.plus(process.stations().minus(stationsBefore));
    cpu = cpu.plus(process.cpu()).minus(before);
    shots += count;
  }

  /** Requests a second of the best turn. */
  double rate() {
    return rate;
  }

  /** User and system time of a request over all turns, in microseconds. */
  double micros() {
    return cpu.toNanos() / 1e3 / shots;
  }

  /** The same by what its threads do. */
  String stations() {
    return stations.perCall(shots);
  }
}
