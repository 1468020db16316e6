package dev.chitin.it.bench;

import java.time.Duration;
import java.util.Map;

/** One server of a comparison, under one generator of load: how much it took, and what of. */
final class Side {
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

  /** Requests that are not counted. */
  void warmUp(Load load, int count) throws Exception {
    load.fire(shot, count);
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
