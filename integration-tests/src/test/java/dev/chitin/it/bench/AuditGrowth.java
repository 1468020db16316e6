package dev.chitin.it.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.PublishedLog;
import dev.chitin.bus.Deadline;
import dev.chitin.gateway.LogKey;
import io.vertx.core.Future;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** What does not get slower as the log grows, and how long one record takes at a given rate. */
final class AuditGrowth implements Bench.Measurement {
  private static final int RATE = 10_000;
  private static final int SECONDS = 5;
  private static final int PROOFS = 2_000;
  private static final int WINDOW = 60_000;

  private final boolean full;

  /**
   * @param full whether to go to 10^7 entries
   */
  AuditGrowth(boolean full) {
    this.full = full;
  }

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    rows.add(openLoop(Files.createTempDirectory(work, "audit-")));
    rows.addAll(growth(Files.createTempDirectory(work, "audit-")));
    return rows;
  }

  private static AuditSettings settings(Path directory) {
    return AuditSettings.of(directory.resolve("log"), "bench", "0")
        .withQueue(1 << 20, 1L << 30)
        .withAppendTimeout(Duration.ofSeconds(60));
  }

  private static LogKey key(Path directory) {
    return LogKey.open(
        settings(directory).origin(), directory.resolve("log.key"), directory.resolve("log"));
  }

  private static Future<LogPosition> append(DurableAuditLog log, AuditEvent event) {
    return log.append(event, Deadline.after(Duration.ofSeconds(60)));
  }

  /** A record is due every 100 µs, whether those before are durable or not. */
  private static Row openLoop(Path directory) throws Exception {
    AuditEvent event = AuditAppends.event();
    double[] raw;
    try (var commit = new RawGroupCommit(Files.createFile(directory.resolve("raw")))) {
      raw = new double[2_000];
      for (int i = 0; i < raw.length; i++) {
        long begun = System.nanoTime();
        commit.append(new byte[420]);
        raw[i] = (System.nanoTime() - begun) / 1e6;
      }
    }
    try (LogKey key = key(directory);
        var log = DurableAuditLog.open(settings(directory))) {
      log.signWith(key);
      fill(log, event, 200_000);
      double[] millis = new double[RATE * SECONDS];
      var done = new CountDownLatch(millis.length);
      long begun = System.nanoTime();
      for (int i = 0; i < millis.length; i++) {
        long due = begun + TimeUnit.SECONDS.toNanos(1) / RATE * i;
        LockSupport.parkNanos(due - System.nanoTime());
        int place = i;
        append(log, event)
            .onComplete(
                durable -> {
                  millis[place] = (System.nanoTime() - due) / 1e6;
                  done.countDown();
                });
      }
      done.await();
      return new Row(
          "audit append, durable, open loop of 10,000/s, p50",
          quantile(millis, 0.5),
          quantile(raw, 0.5),
          "ms",
          "one raw write + fdatasync at a time",
          "≤ 2 ms",
          "p99 %.1f / %.1f ms".formatted(quantile(millis, 0.99), quantile(raw, 0.99)));
    }
  }

  private List<Row> growth(Path directory) throws Exception {
    AuditEvent event = AuditAppends.event();
    List<Row> rows = new ArrayList<>();
    try (LogKey key = key(directory);
        var log = DurableAuditLog.open(settings(directory))) {
      log.signWith(key);
      fill(log, event, 1_000);
      double proofSmall = proof(log, 1_000);
      Path files = settings(directory).directory();
      double querySmall = EventQueries.micros(files);
      double cpuSmall = cpu(log, event);
      fill(log, event, 100_000 - 1_000 - WINDOW);
      rows.add(proofRow(log, 100_000, proofSmall));
      rows.add(EventQueries.row(files, 100_000, querySmall));
      fill(log, event, 900_000);
      rows.add(
          new Row(
              "audit append, CPU at 10^6 entries",
              cpu(log, event),
              cpuSmall,
              "µs/event",
              "the same at 10^3",
              "≤ 1.2",
              ""));
      if (full) {
        fill(log, event, 9_000_000 - WINDOW);
        rows.add(proofRow(log, 10_000_000, proofSmall));
        rows.add(EventQueries.row(files, 10_000_000, querySmall));
      }
    }
    rows.add(restart(directory));
    return rows;
  }

  private static Row proofRow(DurableAuditLog log, int size, double small) throws Exception {
    return new Row(
        "audit proof at %,d entries, p50".formatted(size),
        proof(log, size),
        small,
        "µs",
        "the same at 10^3",
        "",
        "");
  }

  /** Opens the log as a crash leaves it: without a seal, the tree as old as the last segment. */
  private static Row restart(Path directory) throws Exception {
    Path log = directory.resolve("log");
    double clean = open(directory);
    double crashed = Double.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      Files.delete(log.resolve("sealed"));
      try (var files = Files.list(log)) {
        String last =
            files
                .map(file -> String.valueOf(file.getFileName()))
                .filter(name -> name.endsWith(".log"))
                .max(String::compareTo)
                .orElseThrow();
        Files.writeString(
            log.resolve("hashes-synced"), Long.parseLong(last.replaceAll("\\D", "")) + "\n");
      }
      crashed = Math.min(crashed, open(directory));
    }
    return new Row(
        "audit log opened after a crash, 10^6 entries",
        crashed,
        clean,
        "ms",
        "the same after an orderly stop",
        "≤ 2,000 ms",
        "");
  }

  private static double open(Path directory) {
    long begun = System.nanoTime();
    try (var log = DurableAuditLog.open(settings(directory))) {
      return log.failure().isPresent() ? Double.NaN : (System.nanoTime() - begun) / 1e6;
    }
  }

  private static double proof(DurableAuditLog log, int size) throws Exception {
    log.proof(size - 1, Deadline.after(Duration.ofSeconds(60)));
    PublishedLog published = log.published();
    var random = new SplittableRandom(1);
    double[] micros = new double[PROOFS];
    for (int i = -PROOFS; i < PROOFS; i++) {
      long index = random.nextLong(size);
      long begun = System.nanoTime();
      published.proof(index);
      micros[Math.max(0, i)] = (System.nanoTime() - begun) / 1e3;
    }
    return quantile(micros, 0.5);
  }

  /** CPU time of the process for each event, with 64 in flight. */
  private static double cpu(DurableAuditLog log, AuditEvent event) throws Exception {
    var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long begun = machine.getProcessCpuTime();
    fill(log, event, WINDOW);
    return (machine.getProcessCpuTime() - begun) / 1e3 / WINDOW;
  }

  /** Appends {@code count} events from 64 chains. */
  private static void fill(DurableAuditLog log, AuditEvent event, int count) throws Exception {
    var left = new AtomicInteger(count);
    var ended = new CountDownLatch(64);
    for (int i = 0; i < 64; i++) {
      chain(log, event, left, ended);
    }
    ended.await();
  }

  private static void chain(
      DurableAuditLog log, AuditEvent event, AtomicInteger left, CountDownLatch ended) {
    if (left.getAndDecrement() <= 0) {
      ended.countDown();
      return;
    }
    append(log, event).onComplete(durable -> chain(log, event, left, ended));
  }

  private static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (share * (sorted.length - 1))];
  }
}
