package dev.chitin.it.bench;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.vault.Lease;
import dev.chitin.vault.LeaseBinding;
import dev.chitin.vault.LeaseRequest;
import dev.chitin.vault.LeaseUse;
import dev.chitin.vault.LocalVault;
import dev.chitin.vault.PutRequest;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.crypto.CryptoEngine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;

/**
 * A lease and its use without the log, beside the two openings of AES-256-GCM that a use cannot do
 * without (data key and value).
 */
final class VaultUses implements Bench.Measurement {
  private static final int USES = 200_000;
  private static final int WARM_UP = 50_000;
  private static final Digest PLAN = Digest.ofUtf8("a plan");
  private static final LeaseBinding BINDING =
      new LeaseBinding("https", "api.example", 443, "GET", "header", "authorization");

  /** Takes every event at once: what is measured is the vault. */
  private static final class NoLog implements AuditLog {
    private static final Future<LogPosition> DONE =
        Future.succeededFuture(new LogPosition(0, PLAN));

    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      return DONE;
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      return Future.failedFuture("not asked for here");
    }
  }

  @Override
  public List<Row> run(Path work) throws Exception {
    BenchVault vault = BenchVault.byKeyFile(work);
    return List.of(uses(vault));
  }

  private static Row uses(BenchVault made) throws Exception {
    Vertx vertx = Vertx.vertx();
    var vault = new LocalVault(vertx, made.open(), new NoLog(), (receipt, plan, decision) -> {});
    var timings = new Timings();
    var primitive = new Timings();
    try (Arena arena = Arena.ofShared()) {
      var name = new SecretName("bench");
      byte[] secret = new byte[48];
      new SecureRandom().nextBytes(secret);
      Deadline later = Deadline.after(Duration.ofMinutes(10));
      vault.put(new PutRequest(name, SecretBytes.takeOver(secret), "t", "bench"), later).await();
      var call = new AuditEvent.CallRef("c", "t", "p", null, PLAN, "v");
      var request = new LeaseRequest(name, PLAN, "d", receipt(), call, BINDING);
      var use = new LeaseUse(PLAN, "t", "p", BINDING);
      Timings.Run once = () -> once(vault, request, use, later);
      CryptoEngine engine = CryptoEngine.best();
      MemorySegment gcmKey = arena.allocate(32);
      MemorySegment nonce = arena.allocate(12);
      MemorySegment aad = arena.allocate(64);
      MemorySegment clear = arena.allocate(48);
      MemorySegment sealed = arena.allocate(64);
      engine.seal(gcmKey, nonce, aad, clear, sealed);
      Timings.Run twice =
          () -> {
            engine.open(gcmKey, nonce, aad, sealed, clear);
            engine.open(gcmKey, nonce, aad, sealed, clear);
          };
      new Timings().measure(once, WARM_UP, 1);
      new Timings().measure(twice, WARM_UP, 1);
      primitive.measure(twice, USES, 1);
      timings.measure(once, USES, 1);
    } finally {
      vault.close();
      vertx.close().await();
    }
    return new Row(
        "lease + use, without the log, p50",
        timings.millis(0.5) * 1_000,
        primitive.millis(0.5) * 1_000,
        "µs",
        "two AES-256-GCM openings of 48 bytes through libcrypto",
        "≤ 20 µs",
        String.format(
            "%,.0f leases and uses/s on one thread; p99 %.1f µs",
            timings.rate(), timings.millis(0.99) * 1_000));
  }

  private static void once(LocalVault vault, LeaseRequest request, LeaseUse use, Deadline later) {
    Lease lease = vault.lease(request, later).result();
    vault.spend(SecretAccess.granted(), lease, use).result().open(secret -> secret.byteSize());
  }

  private static Receipt receipt() {
    return new Receipt(
        "o",
        new LogPosition(0, PLAN),
        PLAN,
        "d",
        "boot",
        System.nanoTime() + Duration.ofMinutes(10).toNanos(),
        Bytes.adopt(new byte[32]));
  }
}
