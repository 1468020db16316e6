package dev.chitin.it.bench;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.gateway.LogKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Durable events a second with 1, 64 and 1,000 writers that each wait for their own record, beside
 * raw group commit: the same number of threads, one of them writing what has gathered and calling
 * {@code fdatasync}. Our side also encodes, keeps the tree and signs its checkpoints. Medians of
 * rounds by turns: a round of either may have the disk of a shared machine to itself or not.
 *
 * <p>With 1,000 virtual threads, which cost next to nothing, the disk is no bound any more: that
 * row shows what an event costs in CPU beside what copying it costs.
 */
final class AuditAppends implements Bench.Measurement {
  private static final int ROUNDS = 7;

  @Override
  public List<Row> run(Path work) throws Exception {
    return List.of(
        row(work, 1, 4_000, false, "≥ 0.5"),
        row(work, 64, 2_000, false, "≥ 0.5 and ≥ 30,000/s"),
        row(work, 1_000, 200, false, "≥ 0.5"),
        row(work, 1_000, 200, true, ""));
  }

  private static Row row(Path work, int writers, int each, boolean virtual, String target)
      throws Exception {
    double[] logged = new double[ROUNDS];
    double[] written = new double[ROUNDS];
    for (int i = -1; i < ROUNDS; i++) {
      double ours = log(Files.createTempDirectory(work, "audit-"), writers, each, virtual);
      double raw = raw(Files.createTempFile(work, "raw-", ".log"), writers, each, virtual);
      if (i >= 0) {
        logged[i] = ours;
        written[i] = raw;
      }
    }
    return new Row(
        "audit append, durable, "
            + writers
            + (virtual ? " virtual threads" : writers == 1 ? " writer" : " writers"),
        median(logged),
        median(written),
        "events/s",
        "raw write + fdatasync group commit",
        target,
        "");
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static double log(Path directory, int writers, int each, boolean virtual)
      throws Exception {
    AuditEvent event = event();
    AuditSettings settings = AuditSettings.of(directory.resolve("log"), "bench", "0");
    try (LogKey key =
            LogKey.open(settings.origin(), directory.resolve("log.key"), directory.resolve("log"));
        var log = DurableAuditLog.open(settings)) {
      log.signWith(key);
      return rate(
          writers, each, virtual, () -> log.record(event, Deadline.after(Duration.ofSeconds(30))));
    }
  }

  private static double raw(Path file, int writers, int each, boolean virtual) throws Exception {
    try (var commit = new RawGroupCommit(file)) {
      byte[] record = new byte[420];
      return rate(writers, each, virtual, () -> commit.append(record));
    }
  }

  static double rate(int writers, int each, boolean virtual, Callable<?> append) throws Exception {
    try (ExecutorService pool = threads(writers, virtual)) {
      long begun = System.nanoTime();
      List<Future<?>> running =
          IntStream.range(0, writers)
              .<Future<?>>mapToObj(
                  i ->
                      pool.submit(
                          () -> {
                            for (int n = 0; n < each; n++) {
                              append.call();
                            }
                            return null;
                          }))
              .toList();
      for (Future<?> writer : running) {
        writer.get();
      }
      return (double) writers * each / ((System.nanoTime() - begun) / 1e9);
    }
  }

  private static ExecutorService threads(int writers, boolean virtual) {
    return virtual
        ? Executors.newVirtualThreadPerTaskExecutor()
        : Executors.newFixedThreadPool(writers);
  }

  static AuditEvent event() {
    var call =
        new AuditEvent.CallRef(
            "call_0123456789abcdef0123456789abcdef",
            "default",
            "bench",
            null,
            Digest.ofUtf8("a plan"),
            Digest.ofUtf8("a policy").toString());
    return new AuditEvent.ToolExecution(
        "echo", true, call, new AuditEvent.Phase.NotRun("call.cancelled"));
  }
}
