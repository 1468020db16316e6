package dev.chitin.it.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A full call — key, schema, plan, policy, two durable records, in-process echo — beside a bare
 * Vert.x Web JSON echo, both at 64 connections from the same client, turn by turn; and once more as
 * {@code h2load} sees them, where it is installed (Debian: nghttp2-client).
 */
final class FullCalls implements Bench.Measurement {
  private static final int CONNECTIONS = 64;
  private static final int WARM_UP = 200_000;
  private static final int SHOTS = 40_000;
  private static final int ROUNDS = 3;
  private static final String ARGUMENTS =
      "{\"text\":\"the quick brown fox jumps over the lazy dog\",\"count\":42}";
  private static final String BARE = "bare Vert.x Web JSON echo";

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
      var first = new Side(gateway.process(), ours);
      var second = new Side(bare, theirs);
      first.warmUp(load::fire, WARM_UP);
      second.warmUp(load::fire, WARM_UP);
      turns(first, second, load::fire);
      List<Row> rows = new ArrayList<>();
      rows.add(rate("full call, 64 connections", first, second));
      rows.add(cpu(first, second));
      Optional<H2Load> other = H2Load.find(work, CONNECTIONS);
      if (other.isPresent()) {
        Side byOther = first.again();
        Side bareByOther = second.again();
        byOther.warmUp(other.get()::inClear, WARM_UP);
        bareByOther.warmUp(other.get()::inClear, WARM_UP);
        turns(byOther, bareByOther, other.get()::inClear);
        rows.add(rate("full call by h2load, 64 connections", byOther, bareByOther));
      }
      return rows;
    }
  }

  private static void turns(Side first, Side second, Side.Load load) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      first.turn(load, SHOTS);
      second.turn(load, SHOTS);
    }
  }

  private static Row rate(String name, Side ours, Side bare) {
    return new Row(name, ours.rate(), bare.rate(), "requests/s", BARE, "≥ 0.30", "");
  }

  private static Row cpu(Side ours, Side bare) {
    return new Row(
        "full call, CPU",
        ours.micros(),
        bare.micros(),
        "µs/call",
        BARE,
        "≤ 100 µs",
        (ours.micros() <= 100 ? "within" : "beyond") + " the target; " + ours.stations());
  }
}
