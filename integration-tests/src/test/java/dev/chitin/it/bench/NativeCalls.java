package dev.chitin.it.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code true} through the whole gateway (HTTP, key, schema, plan, policy, two durable records)
 * beside a bare bubblewrap with the same namespaces, in turns, one call every {@value
 * #PAUSE_MILLIS} ms.
 */
final class NativeCalls implements Bench.Measurement {
  private static final int WARM_UP = 150;
  private static final int TURNS = 6;
  private static final int CALLS = 40;
  private static final long PAUSE_MILLIS = 25;

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    rows.add(row(work, "cold", Map.of("CHITIN_SANDBOX__WARM__PER_PROFILE", "0")));
    rows.add(row(work, "warm", Map.of()));
    return rows;
  }

  private static Row row(Path work, String mode, Map<String, String> environment) throws Exception {
    try (var gateway = BenchGateway.start(work, environment);
        var load = new HttpLoad(1);
        var bare = BareSandbox.minimal()) {
      HttpLoad.Shot call = gateway.call("process_run", "{\"argv\":[\"true\"]}");
      for (int i = 0; i < WARM_UP; i++) {
        load.fire(call, 1);
        bare.run();
      }
      var ours = new Timings();
      var theirs = new Timings();
      for (int i = 0; i < TURNS; i++) {
        ours.pace(() -> load.fire(call, 1), CALLS, PAUSE_MILLIS);
        theirs.pace(bare::run, CALLS, PAUSE_MILLIS);
      }
      return new Row(
          "native call through the whole gateway, true, " + mode + ", p50",
          ours.millis(0.5),
          theirs.millis(0.5),
          "ms",
          "bare bwrap, same namespaces, fewest mounts",
          mode.equals("cold") ? "≤ 1.3" : "< 1",
          String.format(Locale.ROOT, "p99 %.1f / %.1f ms", ours.millis(0.99), theirs.millis(0.99)));
    }
  }
}
