package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Prints what an append costs beside the least that a durable append can cost: write and fdatasync
 * of the same bytes with group commit and nothing else. Run by hand; {@code args[0]} is an empty
 * directory on the disk to measure.
 */
final class AppendBenchmark {
  private static final int WRITERS = 64;
  private static final Duration ROUND = Duration.ofSeconds(5);

  private AppendBenchmark() {}

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    json();
    for (int round = 0; round < 3; round++) {
      double raw = raw(directory.resolve("raw-" + round));
      double chained = log(directory.resolve("chained-" + round), false);
      double threads = log(directory.resolve("threads-" + round), true);
      System.out.printf(
          "round %d: raw %.0f/s, log %.0f/s (%.2f), log from 64 threads %.0f/s (%.2f)%n",
          round, raw, chained, chained / raw, threads, threads / raw);
    }
    recovery(directory.resolve("threads-2"));
  }

  private static void json() throws Exception {
    byte[] document =
        new EntryEncoder("n1", "boot", "o", Set.of())
            .encode(authorized("0190b3a2-0000-7000-8000-000000000001"));
    JsonValue value = StrictJson.parse(document);
    for (int round = 0; round < 4; round++) {
      long start = System.nanoTime();
      long sum = 0;
      for (int i = 0; i < 300_000; i++) {
        sum += StrictJson.parse(document) instanceof JsonValue.Obj o ? o.members().size() : 0;
      }
      long parsed = System.nanoTime();
      for (int i = 0; i < 300_000; i++) {
        sum += CanonicalJson.bytes(value).length;
      }
      long written = System.nanoTime();
      var encoder = new EntryEncoder("n1", "boot", "o", Set.of());
      for (int i = 0; i < 300_000; i++) {
        sum += encoder.encode(authorized("0190b3a2-0000-7000-8000-000000000001")).length;
      }
      long encoded = System.nanoTime();
      System.out.printf(
          "%d bytes: parse %.2f us, canonical %.2f us, encode an event %.2f us (%d)%n",
          document.length,
          (parsed - start) / 3e8,
          (written - parsed) / 3e8,
          (encoded - written) / 3e8,
          sum);
    }
  }

  /** Group commit of 400-byte records from as many chains into a preallocated file. */
  private static double raw(Path file) throws Exception {
    var queue = new ArrayBlockingQueue<CompletableFuture<Long>>(WRITERS);
    var done = new AtomicLong();
    long end = System.nanoTime() + ROUND.toNanos();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
      for (int i = 0; i < 256; i++) {
        channel.write(zeros.clear(), (long) i << 20);
      }
      channel.force(true);
      for (int i = 0; i < WRITERS; i++) {
        Thread.ofVirtual()
            .start(
                () -> {
                  while (System.nanoTime() < end) {
                    var promise = new CompletableFuture<Long>();
                    queue.add(promise);
                    promise.join();
                    done.incrementAndGet();
                  }
                });
      }
      commit(channel, queue, end);
    }
    return done.get() / (double) ROUND.toSeconds();
  }

  private static void commit(
      FileChannel channel, ArrayBlockingQueue<CompletableFuture<Long>> queue, long end)
      throws IOException, InterruptedException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(WRITERS * 400);
    var batch = new ArrayList<CompletableFuture<Long>>();
    long at = 0;
    while (System.nanoTime() < end) {
      batch.clear();
      batch.add(queue.take());
      queue.drainTo(batch);
      buffer.clear().limit(batch.size() * 400);
      at = at + buffer.limit() > 256L << 20 ? 0 : at;
      channel.write(buffer, at);
      channel.force(false);
      at += buffer.limit();
      long position = at;
      batch.forEach(promise -> promise.complete(position));
    }
    queue.forEach(promise -> promise.complete(0L));
  }

  private static double log(Path directory, boolean threads) throws Exception {
    var done = new AtomicLong();
    long end = System.nanoTime() + ROUND.toNanos();
    AuditEvent event = note("x".repeat(200));
    try (var log =
        DurableAuditLog.open(
            AuditSettings.of(directory, "n1", "0.1.0").withSegmentBytes(256 << 20))) {
      var ended = new CountDownLatch(threads ? 0 : WRITERS);
      var running = new Thread[WRITERS];
      for (int i = 0; i < WRITERS; i++) {
        if (threads) {
          running[i] =
              Thread.ofVirtual()
                  .start(
                      () -> {
                        while (System.nanoTime() < end) {
                          Events.await(log.append(event, soon()));
                          done.incrementAndGet();
                        }
                      });
        } else {
          running[i] = Thread.ofVirtual().start(() -> chain(log, event, end, done, ended));
        }
      }
      for (Thread thread : running) {
        thread.join();
      }
      ended.await();
    }
    return done.get() / (double) ROUND.toSeconds();
  }

  private static void chain(
      DurableAuditLog log, AuditEvent event, long end, AtomicLong done, CountDownLatch ended) {
    if (System.nanoTime() >= end) {
      ended.countDown();
    } else {
      log.append(event, soon())
          .onSuccess(
              position -> {
                done.incrementAndGet();
                chain(log, event, end, done, ended);
              });
    }
  }

  private static void recovery(Path directory) throws IOException {
    long start = System.nanoTime();
    DurableAuditLog.open(AuditSettings.of(directory, "n1", "0.1.0")).close();
    long opened = System.nanoTime();
    LogVerification result = LogVerifier.verify(directory);
    long verified = System.nanoTime();
    System.out.printf(
        "%d entries, %d segments, %d MiB: open %.0f ms, verify %.0f ms, intact %s%n",
        result.entries(),
        result.segments(),
        result.bytes() >> 20,
        (opened - start) / 1e6,
        (verified - opened) / 1e6,
        result.intact());
  }
}
