package dev.chitin.it.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A full call — key, schema, plan, policy, two durable records, in-process echo — beside a bare
 * Vert.x Web JSON echo, both at 64 connections from the same client, turn by turn.
 */
final class FullCalls implements Bench.Measurement {
  private static final int CONNECTIONS = 64;
  private static final int WARM_UP = 200_000;
  private static final int SHOTS = 40_000;
  private static final int ROUNDS = 3;
  private static final String ARGUMENTS =
      "{\"text\":\"the quick brown fox jumps over the lazy dog\",\"count\":42}";

  @Override
  public List<Row> run(Path work) throws Exception {
    try (var gateway = BenchGateway.start(work);
        var bare = Child.start(work.resolve("bare.log"), Map.of(), BareEcho.class);
        var load = new HttpLoad(CONNECTIONS)) {
      HttpLoad.Shot ours = gateway.call("echo", ARGUMENTS);
      var theirs =
          new HttpLoad.Shot(
              Integer.parseInt(bare.firstLine()),
              "/echo",
              Map.of("content-type", "application/json"),
              "{\"arguments\":" + ARGUMENTS + "}");
      load.fire(ours, WARM_UP);
      load.fire(theirs, WARM_UP);
      double oursRate = 0;
      double theirRate = 0;
      Duration oursCpu = Duration.ZERO;
      Duration theirCpu = Duration.ZERO;
      var stations = new StationTimes(Map.of());
      for (int i = 0; i < ROUNDS; i++) {
        Duration before = gateway.process().cpu();
        StationTimes stationsBefore = gateway.process().stations();
        oursRate = Math.max(oursRate, load.fire(ours, SHOTS));
        stations = stations.plus(gateway.process().stations().minus(stationsBefore));
        oursCpu = oursCpu.plus(gateway.process().cpu()).minus(before);
        before = bare.cpu();
        theirRate = Math.max(theirRate, load.fire(theirs, SHOTS));
        theirCpu = theirCpu.plus(bare.cpu()).minus(before);
      }
      double cpu = oursCpu.toNanos() / 1e3 / (SHOTS * ROUNDS);
      double bareCpu = theirCpu.toNanos() / 1e3 / (SHOTS * ROUNDS);
      return List.of(
          new Row(
              "full call, 64 connections",
              oursRate,
              theirRate,
              "requests/s",
              "bare Vert.x Web JSON echo",
              "≥ 0.30",
              ""),
          new Row(
              "full call, CPU",
              cpu,
              bareCpu,
              "µs/call",
              "bare Vert.x Web JSON echo",
              "≤ 100 µs",
              String.format(
                  Locale.ROOT,
                  "%s the target; %s",
                  cpu <= 100 ? "within" : "beyond",
                  stations.perCall((long) SHOTS * ROUNDS))));
    }
  }
}
