package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions, grace, terms: what rotation does, alone and under callers. */
class RotationTest {
  private static final LeaseBinding BINDING =
      new LeaseBinding("https", "api.example", 443, "GET", "/", "header", "authorization", "raw");
  private static final Digest PLAN = Digest.ofUtf8("plan");
  private static final SecretName A = new SecretName("a");

  @TempDir Path temporary;
  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong now = new AtomicLong(1_700_000_000_000L);
  private VaultFixture vault;
  private VaultSetup setup;

  @BeforeEach
  void create() throws IOException {
    vault = new VaultFixture(temporary).created();
    setup = vault.setup.withClock(now::get);
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private VaultStore open() {
    return VaultStore.open(setup, vault.credentials());
  }

  private static List<String> states(VaultStore store) {
    return store.find("t", A).orElseThrow().versions().stream()
        .map(v -> v.version() + " " + v.state())
        .toList();
  }

  @Test
  void aReplacedVersionLivesUntilItsGraceEndsAndIsThenDestroyed() throws IOException {
    try (VaultStore store = open()) {
      VaultFixture.put(store, "t", "a", new byte[] {1});
      VaultFixture.put(store, "t", "a", new byte[] {2}, PutOptions.rotate(Duration.ofHours(1)));
      assertThat(states(store)).containsExactly("1 previous", "2 current");
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(2);
      now.addAndGet(3_599_999);
      assertThat(store.destroyDue()).isZero();
      assertThat(recordFiles()).hasSize(2);
    }
    now.addAndGet(1);
    try (VaultStore store = open()) {
      assertThat(store.isDestructionDue()).isTrue();
      assertThat(store.destroyDue()).isEqualTo(1);
      assertThat(states(store)).containsExactly("1 destroyed", "2 current");
      assertThat(recordFiles()).hasSize(1);
      VaultFixture.put(store, "t", "a", new byte[] {3});
      assertThat(states(store)).containsExactly("1 destroyed", "2 destroyed", "3 current");
      store.change(new ChangeRequest(ChangeRequest.Kind.PRUNE, A, "t", "x"));
      assertThat(states(store)).containsExactly("3 current");
    }
  }

  private List<Path> recordFiles() throws IOException {
    return vault.files().stream().filter(f -> f.toString().contains("records")).toList();
  }

  @Test
  void aLeaseKeepsItsVersionAlsoWhenTheVersionAndItsTermAreReplaced() {
    try (VaultStore store = open()) {
      VaultFixture.put(store, "t", "a", new byte[] {1});
      SealedSecret held = store.sealed("t", A).orElseThrow();
      VaultFixture.put(store, "t", "a", new byte[] {2});
      assertThat(store.<Byte>use(held, s -> s.get(ValueLayout.JAVA_BYTE, 0))).isEqualTo((byte) 1);
      held = store.sealed("t", A).orElseThrow();
      var rotation = new KekRotation(store);
      rotation.begin();
      while (rotation.step()) {
        assertThat(store.status().rewrapping()).isPositive();
      }
      assertThat(rotation.dropBefore(2)).isTrue();
      assertThat(store.<Byte>use(held, s -> s.get(ValueLayout.JAVA_BYTE, 0))).isEqualTo((byte) 2);
    }
  }

  @Test
  void theEndOfARotationLeavesTheTermsOfLaterOnesToThem() {
    try (VaultStore store = open()) {
      VaultFixture.put(store, "t", "a", new byte[] {1});
      SealedSecret first = store.sealed("t", A).orElseThrow();
      var rotation = new KekRotation(store);
      assertThat(rotation.begin()).isEqualTo(2);
      assertThat(rotation.step()).isFalse();
      SealedSecret second = store.sealed("t", A).orElseThrow();
      VaultFixture.put(store, "t", "a", new byte[] {2});
      assertThat(rotation.begin()).isEqualTo(3);
      assertThat(rotation.step()).isFalse();
      assertThat(rotation.dropBefore(2)).isTrue();
      assertThat(store.<Byte>use(second, s -> s.get(ValueLayout.JAVA_BYTE, 0))).isEqualTo((byte) 1);
      assertThatThrownBy(() -> store.use(first, s -> s.get(ValueLayout.JAVA_BYTE, 0)))
          .hasMessageContaining("The version of the secret is gone.");
      assertThat(rotation.dropBefore(3)).isTrue();
      assertThatThrownBy(() -> store.use(second, s -> s.get(ValueLayout.JAVA_BYTE, 0)))
          .hasMessageContaining("The version of the secret is gone.");
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(2);
    }
  }

  @Test
  void atMostSixteenVersionsAreKeptAndLiveOnesAreNotForgotten() {
    try (VaultStore store = open()) {
      for (int i = 0; i < 20; i++) {
        VaultFixture.put(store, "t", "a", new byte[] {1});
      }
      assertThat(store.find("t", A).orElseThrow().versions()).hasSize(16);
      assertThat(store.find("t", A).orElseThrow().version()).isEqualTo(20);
      PutOptions grace = PutOptions.rotate(Duration.ofDays(1));
      for (int i = 0; i < 15; i++) {
        VaultFixture.put(store, "t", "a", new byte[] {1}, grace);
      }
      assertThatThrownBy(() -> VaultFixture.put(store, "t", "a", new byte[] {1}, grace))
          .hasMessageContaining("versions");
      store.change(new ChangeRequest(ChangeRequest.Kind.PRUNE, A, "t", "x"));
      VaultFixture.put(store, "t", "a", new byte[] {1}, grace);
    }
  }

  @Test
  void whatIsNotThereIsNotRotated() {
    try (VaultStore store = open()) {
      assertThatThrownBy(
              () ->
                  VaultFixture.put(
                      store, "t", "a", new byte[] {1}, PutOptions.rotate(Duration.ZERO)))
          .hasMessageContaining("vault.secret_unknown");
    }
  }

  @Test
  void aDisabledOrExpiredSecretIsGivenToNobody() {
    try (VaultStore store = open()) {
      VaultFixture.put(store, "t", "a", new byte[] {1});
      store.change(new ChangeRequest(ChangeRequest.Kind.DISABLE, A, "t", "x"));
      assertThatThrownBy(() -> store.sealed("t", A)).hasMessageContaining("disabled");
      store.change(new ChangeRequest(ChangeRequest.Kind.ENABLE, A, "t", "x"));
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(1);
      var expiring = new PutOptions(Duration.ZERO, now.get() + 1_000, Optional.empty(), false);
      VaultFixture.put(store, "t", "a", new byte[] {2}, expiring);
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(2);
      now.addAndGet(1_000);
      assertThatThrownBy(() -> store.sealed("t", A)).hasMessageContaining("expired");
    }
  }

  @Test
  void theLastUseIsKeptInHoursAndCostsNoCommit() {
    try (VaultStore store = open()) {
      VaultFixture.put(store, "t", "a", new byte[] {1});
      long epoch = store.status().epoch();
      assertThat(store.find("t", A).orElseThrow().lastUseMillis()).isZero();
      for (int i = 0; i < 100; i++) {
        assertThat(VaultFixture.get(store, "t", "a")).containsExactly(1);
      }
      assertThat(store.status().epoch()).isEqualTo(epoch);
      VaultFixture.put(store, "t", "b", new byte[] {1});
    }
    try (VaultStore store = open()) {
      assertThat(store.find("t", A).orElseThrow().lastUseMillis())
          .isEqualTo(now.get() / 3_600_000 * 3_600_000);
    }
  }

  @Test
  void aTermRotationGoesOnAfterAStopAndTouchesNoValue() throws IOException {
    List<Path> before;
    try (VaultStore store = open()) {
      for (int i = 0; i < KekRotation.STEP + 10; i++) {
        VaultFixture.put(store, "t", "n" + i, ByteBuffer.allocate(8).putLong(i).array());
      }
      before = recordFiles();
      var rotation = new KekRotation(store);
      assertThat(rotation.begin()).isEqualTo(2);
      assertThat(rotation.step()).isTrue();
      assertThat(store.status().rewrapping()).isEqualTo(10);
      assertThat(rotation.dropBefore(2)).isFalse();
    }
    try (VaultStore store = open()) {
      var rotation = new KekRotation(store);
      assertThat(rotation.isOpen()).isTrue();
      assertThat(rotation.step()).isFalse();
      assertThat(rotation.dropBefore(2)).isTrue();
      assertThat(rotation.isOpen()).isFalse();
      assertThat(store.status().rewrapping()).isZero();
      assertThat(recordFiles()).isEqualTo(before);
    }
    try (VaultStore store = open()) {
      for (int i = 0; i < KekRotation.STEP + 10; i++) {
        assertThat(VaultFixture.get(store, "t", "n" + i))
            .isEqualTo(ByteBuffer.allocate(8).putLong(i).array());
      }
    }
  }

  private static final int CALLERS = 64;

  /** A log that takes everything. */
  private static final AuditLog LOG =
      new AuditLog() {
        @Override
        public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
          return Future.succeededFuture(new LogPosition(0, PLAN));
        }

        @Override
        public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
          return Future.failedFuture("not asked for here");
        }
      };

  /**
   * Callers lease and use while the secret, the term and the root key are rotated: no call fails,
   * and each sees the value of the version that its lease names. A term is dropped when the calls
   * have ended that were under way when it was replaced, as {@link Upkeep} does after a lease's
   * lifetime.
   */
  @Test
  void noCallFailsWhileEverythingIsRotated() throws Exception {
    VaultStore store = open();
    VaultFixture.put(store, "t", "a", value(1));
    var stop = new AtomicBoolean();
    List<Semaphore> ended = Stream.generate(() -> new Semaphore(0)).limit(CALLERS).toList();
    try (var local = new LocalVault(vertx, store, LOG, (r, p, d) -> {});
        var pool = Executors.newFixedThreadPool(CALLERS)) {
      List<java.util.concurrent.Future<Long>> callers = new ArrayList<>();
      for (Semaphore caller : ended) {
        callers.add(pool.submit(caller(local, store, stop, caller::release)));
      }
      var administration = local.administration();
      try {
        for (int round = 0; round < 4; round++) {
          long version = round + 2L;
          local
              .put(
                  new PutRequest(
                      A,
                      SecretBytes.takeOver(value(version)),
                      "t",
                      "x",
                      PutOptions.rotate(Duration.ofMillis(round % 2 * 5L))),
                  soon())
              .await();
          int term = administration.rotateKek(soon()).await();
          var rotation = new KekRotation(store);
          while (rotation.step()) {
            assertThat(store.status().term()).isEqualTo(term);
          }
          awaitCallsUnderWay(ended);
          assertThat(rotation.dropBefore(term)).isTrue();
          administration.rotateRoot(vault.credentials(), soon()).await();
          now.addAndGet(10);
          awaitCallsUnderWay(ended);
        }
      } finally {
        stop.set(true);
      }
      for (java.util.concurrent.Future<Long> caller : callers) {
        assertThat(caller.get(60, TimeUnit.SECONDS)).isPositive();
      }
      assertThat(store.status().term()).isEqualTo(5);
    }
  }

  /** Returns when each caller has ended the call that it was in. */
  private static void awaitCallsUnderWay(List<Semaphore> ended) throws InterruptedException {
    ended.forEach(Semaphore::drainPermits);
    for (Semaphore caller : ended) {
      assertThat(caller.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(60));
  }

  private static byte[] value(long version) {
    return ByteBuffer.allocate(40).putLong(version).putLong(32, version).array();
  }

  private static Callable<Long> caller(
      LocalVault local, VaultStore store, AtomicBoolean stop, Runnable called) {
    return () -> {
      long done = 0;
      while (!stop.get() || done == 0) {
        long before = store.find("t", A).orElseThrow().version();
        Lease lease =
            local.lease(request(), soon()).toCompletionStage().toCompletableFuture().get();
        assertThat(lease.version()).isGreaterThanOrEqualTo(before);
        byte[] seen =
            local
                .spend(SecretAccess.granted(), lease, new LeaseUse(PLAN, "t", "p", BINDING))
                .toCompletionStage()
                .toCompletableFuture()
                .get()
                .open(segment -> segment.toArray(ValueLayout.JAVA_BYTE));
        assertThat(seen).isEqualTo(value(lease.version()));
        called.run();
        done++;
      }
      return done;
    };
  }

  private static LeaseRequest request() {
    var receipt =
        new Receipt(
            "o",
            new LogPosition(0, PLAN),
            PLAN,
            "d",
            "b",
            System.nanoTime() + 60_000_000_000L,
            Bytes.adopt(new byte[32]));
    return new LeaseRequest(
        A, PLAN, "d", receipt, new AuditEvent.CallRef("c", "t", "p", null, PLAN, null), BINDING);
  }

  @Test
  void exportedSecretsOpenInTheVaultTheyAreSealedToAndInNoOther() throws IOException {
    byte[] value = VaultFixture.random(200);
    var receiver = new VaultFixture(temporary.resolve("receiver")).created();
    var third = new VaultFixture(temporary.resolve("third")).created();
    String line;
    String recipient;
    try (VaultStore to = receiver.open();
        VaultStore from = open()) {
      recipient = new Transfer(to).recipient();
      assertThat(new Transfer(to).recipient()).isEqualTo(recipient);
      VaultFixture.put(from, "t", "a", value);
      line = new Transfer(from).export("t", A, recipient);
      assertThatThrownBy(() -> new Transfer(from).export("t", A, "00"))
          .hasMessageContaining("vault.transfer_invalid");
      assertThatThrownBy(() -> new Transfer(from).export("t", A, "0".repeat(64)))
          .hasMessageContaining("vault.transfer_invalid");
      assertThat(line).startsWith(Transfer.PREFIX).doesNotContain(A.value() + ".");
    }
    try (VaultStore store = third.open()) {
      assertThatThrownBy(() -> new Transfer(store).takeIn("u", line, "x"))
          .hasMessageContaining("no key to receive");
      assertThat(new Transfer(store).recipient()).isNotEqualTo(recipient);
      assertThatThrownBy(() -> new Transfer(store).takeIn("u", line, "x"))
          .hasMessageContaining("another key");
    }
    try (VaultStore store = receiver.open()) {
      for (String wrong : List.of("", "x", line.substring(1), line + "A", Transfer.PREFIX + "AA")) {
        assertThatThrownBy(() -> new Transfer(store).takeIn("u", wrong, "x"))
            .hasMessageContaining("vault.transfer_invalid");
      }
      assertThat(new Transfer(store).takeIn("u", line, "x").version()).isEqualTo(1);
      assertThat(VaultFixture.get(store, "u", "a")).isEqualTo(value);
    }
  }
}
