package dev.chitin.it.bench;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
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
 * Durable events a second with 64 writers that each wait for their own record, beside raw group
 * commit: the same number of threads, one of them writing what has gathered and calling {@code
 * fdatasync}.
 */
final class AuditAppends implements Bench.Measurement {
  private static final int WRITERS = 64;
  private static final int EACH = 2_000;
  private static final int ROUNDS = 3;

  @Override
  public List<Row> run(Path work) throws Exception {
    double ours = 0;
    double raw = 0;
    for (int i = 0; i <= ROUNDS; i++) {
      double logged = log(Files.createTempDirectory(work, "audit-"));
      double written = raw(Files.createTempFile(work, "raw-", ".log"));
      if (i > 0) {
        ours = Math.max(ours, logged);
        raw = Math.max(raw, written);
      }
    }
    return List.of(
        new Row(
            "audit append, durable, 64 writers",
            ours,
            raw,
            "events/s",
            "raw write + fdatasync group commit",
            "≥ 0.5 and ≥ 30,000/s",
            ""));
  }

  private static double log(Path directory) throws Exception {
    AuditEvent event = event();
    try (var log = DurableAuditLog.open(AuditSettings.of(directory, "bench", "0"))) {
      return rate(
          () ->
              log.append(event, Deadline.after(Duration.ofSeconds(30)))
                  .toCompletionStage()
                  .toCompletableFuture()
                  .join());
    }
  }

  private static double raw(Path file) throws Exception {
    try (var commit = new RawGroupCommit(file)) {
      byte[] record = new byte[420];
      return rate(() -> commit.append(record));
    }
  }

  private static double rate(Callable<?> append) throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(WRITERS)) {
      long begun = System.nanoTime();
      List<Future<?>> writers =
          IntStream.range(0, WRITERS)
              .<Future<?>>mapToObj(
                  i ->
                      pool.submit(
                          () -> {
                            for (int n = 0; n < EACH; n++) {
                              append.call();
                            }
                            return null;
                          }))
              .toList();
      for (Future<?> writer : writers) {
        writer.get();
      }
      return WRITERS * EACH / ((System.nanoTime() - begun) / 1e9);
    }
  }

  private static AuditEvent event() {
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
