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
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Durable events a second with 1, 64 and 1,000 writers that each wait for their own record, beside
 * raw group commit: the same number of threads, one of them writing what has gathered and calling
 * {@code fdatasync}. Our side also keeps the tree and signs its checkpoints.
 */
final class AuditAppends implements Bench.Measurement {
  private static final int ROUNDS = 3;
  private static final int MOST_THREADS = 64;

  @Override
  public List<Row> run(Path work) throws Exception {
    return List.of(
        row(work, 1, 4_000, "≥ 0.5"),
        row(work, 64, 2_000, "≥ 0.5 and ≥ 30,000/s"),
        row(work, 1_000, 200, "≥ 0.5"));
  }

  private static Row row(Path work, int writers, int each, String target) throws Exception {
    double ours = 0;
    double raw = 0;
    for (int i = 0; i <= ROUNDS; i++) {
      double logged = log(Files.createTempDirectory(work, "audit-"), writers, each);
      double written = raw(Files.createTempFile(work, "raw-", ".log"), writers, each);
      if (i > 0) {
        ours = Math.max(ours, logged);
        raw = Math.max(raw, written);
      }
    }
    return new Row(
        "audit append, durable, "
            + writers
            + (writers == 1 ? " writer" : writers > MOST_THREADS ? " virtual threads" : " writers"),
        ours,
        raw,
        "events/s",
        "raw write + fdatasync group commit",
        target,
        "");
  }

  private static double log(Path directory, int writers, int each) throws Exception {
    AuditEvent event = event();
    AuditSettings settings = AuditSettings.of(directory.resolve("log"), "bench", "0");
    try (LogKey key =
            LogKey.open(settings.origin(), directory.resolve("log.key"), directory.resolve("log"));
        var log = DurableAuditLog.open(settings)) {
      log.signWith(key);
      return rate(
          writers,
          each,
          () ->
              log.append(event, Deadline.after(Duration.ofSeconds(30)))
                  .toCompletionStage()
                  .toCompletableFuture()
                  .join());
    }
  }

  private static double raw(Path file, int writers, int each) throws Exception {
    try (var commit = new RawGroupCommit(file)) {
      byte[] record = new byte[420];
      return rate(writers, each, () -> commit.append(record));
    }
  }

  static double rate(int writers, int each, Callable<?> append) throws Exception {
    try (ExecutorService pool = threads(writers)) {
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

  private static ExecutorService threads(int writers) {
    return writers <= MOST_THREADS
        ? Executors.newFixedThreadPool(writers)
        : Executors.newVirtualThreadPerTaskExecutor();
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
