package dev.chitin.vault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Bus;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LeaseTest {
  private static final Digest PLAN = Digest.ofUtf8("plan");
  private static final String DECISION = "d1";
  private static final SecretName NAME = new SecretName("api");
  private static final LeaseBinding BINDING =
      new LeaseBinding("https", "api.example", 443, "GET", "/", "header", "authorization", "raw");

  @TempDir Path temporary;
  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong clock = new AtomicLong(System.nanoTime());
  private final RecordingLog log = new RecordingLog();
  private final byte[] value = VaultFixture.random(48);
  private LocalVault vault;

  /** A log that keeps events in memory, and fails when told to. */
  private static final class RecordingLog implements AuditLog {
    final List<AuditEvent> events = new CopyOnWriteArrayList<>();
    volatile boolean failing;

    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      if (failing) {
        return Future.failedFuture(
            Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "no log").toException());
      }
      events.add(event);
      return Future.succeededFuture(new LogPosition(events.size(), PLAN));
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      return Future.failedFuture("not asked for here");
    }

    AuditEvent.CredentialAccess last() {
      return (AuditEvent.CredentialAccess) events.getLast();
    }
  }

  @BeforeEach
  void open() throws IOException {
    VaultStore store = new VaultFixture(temporary).created().open();
    VaultFixture.put(store, "t", "api", value);
    vault = new LocalVault(vertx, store, log, this::verify, clock::get, 50);
  }

  @AfterEach
  void close() throws Exception {
    vault.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private void verify(Receipt receipt, Digest plan, String decision) {
    if (!receipt.planDigest().equals(plan)
        || !receipt.decisionId().equals(decision)
        || receipt.mac().length() != 32) {
      throw Problem.of(ProblemCode.AUDIT_RECEIPT_INVALID, "forged").toException();
    }
  }

  private Receipt receipt(int macBytes) {
    return new Receipt(
        "o",
        new LogPosition(0, PLAN),
        PLAN,
        DECISION,
        "boot",
        clock.get() + Duration.ofMinutes(5).toNanos(),
        Bytes.adopt(new byte[macBytes]));
  }

  private LeaseRequest request(SecretName name, Digest plan, String tenant, Receipt receipt) {
    var call = new AuditEvent.CallRef("c", tenant, "p", null, PLAN, "v");
    return new LeaseRequest(name, plan, DECISION, receipt, call, BINDING);
  }

  private Deadline later() {
    return new Deadline(clock.get() + Duration.ofMinutes(5).toNanos());
  }

  private Lease lease() throws Exception {
    return vault.lease(request(NAME, PLAN, "t", receipt(32)), later()).await(10, TimeUnit.SECONDS);
  }

  private void refused(LeaseRequest request, ProblemCode code) {
    assertThatThrownBy(() -> vault.lease(request, later()).await(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(ChitinException.class, e -> assertThat(e.code()).isEqualTo(code));
    assertThat(log.last().success()).isFalse();
    assertThat(log.last().action()).isEqualTo("refuse");
    assertThat(log.last().reason()).isEqualTo(code.code());
  }

  private byte[] redeem(Lease lease, Digest plan) {
    return redeem(lease, use(plan));
  }

  private byte[] redeem(Lease lease, LeaseUse use) {
    return spend(lease, use).open(segment -> segment.toArray(ValueLayout.JAVA_BYTE));
  }

  private static LeaseUse use(Digest plan) {
    return new LeaseUse(plan, "t", "p", BINDING);
  }

  private CredentialUse spend(Lease lease, LeaseUse use) {
    try {
      return vault.spend(SecretAccess.granted(), lease, use).await(10, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private void notRedeemed(Lease lease, Digest plan, String rule) {
    notRedeemed(lease, use(plan), rule);
  }

  private void notRedeemed(Lease lease, LeaseUse use, String rule) {
    int before = log.events.size();
    assertThatThrownBy(() -> redeem(lease, use))
        .isInstanceOfSatisfying(
            ChitinException.Denied.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.VAULT_LEASE_REFUSED);
              assertThat(e.problem().rule()).isEqualTo(rule);
            });
    assertThat(log.events).hasSize(before + 1);
    assertThat(log.last().action()).isEqualTo("refuse");
  }

  @Test
  void aLeaseIsRecordedAndGivesTheSecretOnce() throws Exception {
    Lease lease = lease();
    assertThat(log.last())
        .isEqualTo(
            new AuditEvent.CredentialAccess("api", true, "lease", "t", log.last().call(), null));
    CredentialUse used = spend(lease, use(PLAN));
    assertThat(log.last())
        .isEqualTo(
            new AuditEvent.CredentialAccess("api", true, "use", "t", log.last().call(), null));
    assertThat(used.<byte[]>open(s -> s.toArray(ValueLayout.JAVA_BYTE))).isEqualTo(value);
    assertThatThrownBy(() -> used.open(s -> 0)).hasMessageContaining("vault.lease_refused");
    notRedeemed(lease, PLAN, "lease.unknown");
    assertThat(vault.leaseCounts()).isEqualTo(new LeaseCounts(0, 1, 1, 0, 1));
  }

  @Test
  void aUseThatCannotBeRecordedGivesNothingAndSpendsTheLease() throws Exception {
    Lease lease = lease();
    log.failing = true;
    assertThatThrownBy(() -> redeem(lease, PLAN)).hasMessageContaining("audit.unavailable");
    log.failing = false;
    notRedeemed(lease, PLAN, "lease.unknown");
  }

  static Stream<Arguments> foreignUses() {
    LeaseBinding b = BINDING;
    return Stream.of(
        arguments("lease.plan", new LeaseUse(Digest.ofUtf8("other"), "t", "p", b)),
        arguments("lease.principal", new LeaseUse(PLAN, "u", "p", b)),
        arguments("lease.principal", new LeaseUse(PLAN, "t", "q", b)),
        arguments("lease.binding", at("http", b.host(), 443, "GET", "header", b.field())),
        arguments("lease.binding", at("https", "evil.example", 443, "GET", "header", b.field())),
        arguments("lease.binding", at("https", b.host(), 8443, "GET", "header", b.field())),
        arguments("lease.binding", at("https", b.host(), 443, "POST", "header", b.field())),
        arguments("lease.binding", at("https", b.host(), 443, "GET", "query", b.field())),
        arguments("lease.binding", at("https", b.host(), 443, "GET", "header", "x-other")),
        arguments("lease.binding", elsewhere("/other", "raw")),
        arguments("lease.binding", elsewhere("/", "bearer")));
  }

  private static LeaseUse elsewhere(String path, String format) {
    return new LeaseUse(
        PLAN,
        "t",
        "p",
        new LeaseBinding(
            "https", BINDING.host(), 443, "GET", path, "header", BINDING.field(), format));
  }

  private static LeaseUse at(
      String scheme, String host, int port, String method, String surface, String field) {
    return new LeaseUse(
        PLAN, "t", "p", new LeaseBinding(scheme, host, port, method, "/", surface, field, "raw"));
  }

  @Test
  void aSecretThatIsBoundElsewhereIsNotLentAndTheRefusalIsRecorded() throws Exception {
    var name = new SecretName("bound");
    for (String host : List.of("other.example", BINDING.host())) {
      var bound =
          new SecretBinding(
              "https", host, 443, "/", List.of("GET"), "header", "authorization", "raw");
      vault
          .put(
              new PutRequest(
                  name,
                  SecretBytes.takeOver("fake-token".getBytes(UTF_8)),
                  "t",
                  "p",
                  new PutOptions(Duration.ZERO, 0, Optional.of(bound), false)),
              later())
          .await(10, TimeUnit.SECONDS);
      if (host.equals(BINDING.host())) {
        assertThat(vault.lease(request(name, PLAN, "t", receipt(32)), later()).await())
            .extracting(Lease::secret)
            .isEqualTo(name);
      } else {
        refused(request(name, PLAN, "t", receipt(32)), ProblemCode.VAULT_LEASE_REFUSED);
        assertThat(vault.leaseCounts().held()).isZero();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("foreignUses")
  void aLeaseIsForOnePlanPrincipalAndPlaceAndAnotherSpendsIt(String rule, LeaseUse use)
      throws Exception {
    Lease lease = lease();
    notRedeemed(lease, use, rule);
    notRedeemed(lease, use(PLAN), "lease.unknown");
  }

  @Test
  void aLeaseThatExpiresBeforeItsBytesAreTakenGivesNone() throws Exception {
    CredentialUse used = spend(lease(), use(PLAN));
    clock.addAndGet(Duration.ofSeconds(60).toNanos());
    assertThatThrownBy(() -> used.open(s -> 0))
        .isInstanceOfSatisfying(
            ChitinException.class, e -> assertThat(e.problem().rule()).isEqualTo("lease.expired"));
  }

  @Test
  void anExpiryIsRecordedAndAStopEndsEveryLease() throws Exception {
    lease();
    clock.addAndGet(Duration.ofSeconds(61).toNanos());
    lease();
    assertThat(log.events)
        .filteredOn(e -> e instanceof AuditEvent.CredentialAccess a && a.action().equals("expire"))
        .hasSize(1);
    vault.close();
    assertThat(vault.leaseCounts()).isEqualTo(new LeaseCounts(0, 2, 0, 2, 0));
    assertThat(log.last().action()).isEqualTo("expire");
  }

  @Test
  void whatIsInUseIsLookedForInLogsUntilItIsDeleted() throws Exception {
    redeem(lease(), PLAN);
    byte[] line = ("a " + HexFormat.of().formatHex(value) + " b").getBytes(UTF_8);
    assertThat(new String(vault.liveSecrets().clean("log", line), UTF_8))
        .isEqualTo("a [chitin:redacted] b");
    vault.delete(new DeleteRequest(NAME, "t", "admin"), later()).await(10, TimeUnit.SECONDS);
    assertThat(vault.liveSecrets().clean("log", line)).isSameAs(line);
  }

  @Test
  void aLeaseOfAnotherPlanIsSpentByTheAttempt() throws Exception {
    Lease lease = lease();
    notRedeemed(lease, Digest.ofUtf8("other"), "lease.plan");
    notRedeemed(lease, PLAN, "lease.unknown");
  }

  @Test
  void aLeaseWithAChangedMemberIsRefused() throws Exception {
    Lease lease = lease();
    var longer =
        new Lease(
            lease.id(),
            NAME,
            lease.version(),
            PLAN,
            "p",
            BINDING,
            lease.expiresNanos() + 1_000_000_000L);
    notRedeemed(longer, PLAN, "lease.plan");
  }

  @Test
  void anInventedLeaseIsRefused() {
    notRedeemed(
        new Lease("00", NAME, 1, PLAN, "p", BINDING, clock.get() + 1_000), PLAN, "lease.unknown");
  }

  @Test
  void aLeaseExpiresAfterAMinuteOrWithItsDeadline() throws Exception {
    Lease minute = lease();
    Lease brief =
        vault
            .lease(
                request(NAME, PLAN, "t", receipt(32)),
                new Deadline(clock.get() + Duration.ofSeconds(1).toNanos()))
            .await(10, TimeUnit.SECONDS);
    clock.addAndGet(Duration.ofSeconds(1).toNanos());
    notRedeemed(brief, PLAN, "lease.expired");
    clock.addAndGet(Duration.ofSeconds(59).toNanos());
    notRedeemed(minute, PLAN, "lease.expired");
  }

  @Test
  void aForgedReceiptOrAnotherPlansGivesNoLease() {
    refused(request(NAME, PLAN, "t", receipt(31)), ProblemCode.AUDIT_RECEIPT_INVALID);
    refused(
        request(NAME, Digest.ofUtf8("other"), "t", receipt(32)), ProblemCode.AUDIT_RECEIPT_INVALID);
    Receipt other = receipt(32);
    var call = new AuditEvent.CallRef("c", "t", "p", null, Digest.ofUtf8("x"), "v");
    refused(
        new LeaseRequest(NAME, PLAN, DECISION, other, call, BINDING),
        ProblemCode.VAULT_LEASE_REFUSED);
  }

  @Test
  void anUnknownSecretAndAForeignTenantsAreTheSameRefusal() {
    refused(
        request(new SecretName("none"), PLAN, "t", receipt(32)), ProblemCode.VAULT_SECRET_UNKNOWN);
    refused(request(NAME, PLAN, "u", receipt(32)), ProblemCode.VAULT_SECRET_UNKNOWN);
  }

  @Test
  void withoutTheLogThereIsNoLease() {
    log.failing = true;
    assertThatThrownBy(this::lease).hasMessageContaining("audit.unavailable");
    log.failing = false;
    assertThat(log.events).isEmpty();
  }

  @Test
  void atTheBoundOfLeasesTheNextIsRefusedAndRoomComesBack() throws Exception {
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      leases.add(lease());
    }
    refused(request(NAME, PLAN, "t", receipt(32)), ProblemCode.VAULT_LEASE_REFUSED);
    redeem(leases.getFirst(), PLAN);
    lease();
    refused(request(NAME, PLAN, "t", receipt(32)), ProblemCode.VAULT_LEASE_REFUSED);
    clock.addAndGet(Duration.ofSeconds(61).toNanos());
    for (int i = 0; i < 50; i++) {
      lease();
    }
    log.failing = true;
    clock.addAndGet(Duration.ofSeconds(61).toNanos());
    for (int i = 0; i < 200; i++) {
      assertThatThrownBy(this::lease).hasMessageContaining("audit.unavailable");
    }
    log.failing = false;
    lease();
  }

  @Test
  void aRotationKeepsALeaseAndADeletionEndsIt() throws Exception {
    Lease first = lease();
    Lease second = lease();
    put("api", VaultFixture.random(10), "t");
    assertThat(redeem(first, PLAN)).isEqualTo(value);
    assertThat(redeem(lease(), PLAN)).hasSize(10);
    vault.delete(new DeleteRequest(NAME, "t", "admin"), later()).await(10, TimeUnit.SECONDS);
    notRedeemed(second, PLAN, "lease.deleted");
  }

  private SecretMetadata put(String name, byte[] bytes, String tenant) throws Exception {
    return vault
        .put(
            new PutRequest(new SecretName(name), SecretBytes.takeOver(bytes), tenant, "admin"),
            later())
        .await(10, TimeUnit.SECONDS);
  }

  @Test
  void theSecretIsReadOnlyAndGoneAfterItsUse() throws Exception {
    MemorySegment[] kept = new MemorySegment[1];
    spend(lease(), use(PLAN))
        .open(
            segment -> {
              assertThat(segment.isReadOnly()).isTrue();
              kept[0] = segment;
              return 0;
            });
    assertThatThrownBy(() -> Objects.requireNonNull(kept[0]).get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theSecretIsGoneAlsoWhenItsUserThrows() throws Exception {
    MemorySegment[] kept = new MemorySegment[1];
    Lease lease = lease();
    assertThatThrownBy(
            () ->
                spend(lease, use(PLAN))
                    .open(
                        segment -> {
                          kept[0] = segment;
                          throw new IllegalArgumentException("of the user");
                        }))
        .hasMessage("of the user");
    assertThat(Objects.requireNonNull(kept[0]).scope().isAlive()).isFalse();
    notRedeemed(lease, PLAN, "lease.unknown");
  }

  @Test
  void sixtyFourThreadsSpendALeaseOnce() throws Exception {
    Lease lease = lease();
    var start = new CountDownLatch(1);
    var uses = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(64)) {
      for (int i = 0; i < 64; i++) {
        threads.execute(
            () -> {
              try {
                start.await();
                redeem(lease, PLAN);
                uses.incrementAndGet();
              } catch (ChitinException.Denied refused) {
                assertThat(refused.code()).isEqualTo(ProblemCode.VAULT_LEASE_REFUSED);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      start.countDown();
    }
    assertThat(uses).hasValue(1);
  }

  @Test
  void changesAreRecordedBeforeTheyAreMadeAndTheValueIsWiped() throws Exception {
    put("other", VaultFixture.random(4), "t");
    assertThat(log.events.getLast())
        .isEqualTo(new AuditEvent.SecretChange("put", "other", "t", "admin"));
    log.failing = true;
    SecretBytes refused = SecretBytes.takeOver(VaultFixture.random(4));
    assertThatThrownBy(
            () ->
                vault
                    .put(new PutRequest(new SecretName("third"), refused, "t", "a"), later())
                    .await(10, TimeUnit.SECONDS))
        .hasMessageContaining("audit.unavailable");
    assertThat(refused.segment().scope().isAlive()).isFalse();
    log.failing = false;
    assertThat(vault.list(new ListRequest("t"), later()).await(10, TimeUnit.SECONDS).secrets())
        .extracting(s -> s.name().value())
        .containsExactly("api", "other");
  }

  @Test
  void aValueOfNoLengthIsRefusedBeforeItIsRecorded() {
    int before = log.events.size();
    assertThatThrownBy(() -> put("x", new byte[0], "t"))
        .hasMessageContaining("vault.secret_invalid");
    assertThat(log.events).hasSize(before);
  }

  @Test
  void theVaultIsServedOnTheBus() throws Exception {
    Bus bus = Bus.of(vertx);
    vertx.deployVerticle(new VaultVerticle(bus, vault)).await(10, TimeUnit.SECONDS);
    var client = new VaultClient(bus);
    Deadline deadline = Deadline.after(Duration.ofSeconds(20));
    SecretMetadata stored =
        client
            .put(
                new PutRequest(
                    new SecretName("bus"), SecretBytes.takeOver(VaultFixture.random(9)), "t", "a"),
                deadline)
            .await(10, TimeUnit.SECONDS);
    assertThat(stored.version()).isEqualTo(1);
    Lease lease =
        client
            .lease(request(new SecretName("bus"), PLAN, "t", receipt(32)), deadline)
            .await(10, TimeUnit.SECONDS);
    assertThat(redeem(lease, PLAN)).hasSize(9);
    assertThat(client.list(new ListRequest("t"), deadline).await(10, TimeUnit.SECONDS).secrets())
        .hasSize(2);
    assertThat(
            client
                .delete(new DeleteRequest(new SecretName("bus"), "t", "a"), deadline)
                .await(10, TimeUnit.SECONDS)
                .name()
                .value())
        .isEqualTo("bus");
  }

  @Test
  void aClosedVaultAnswersThatItIsUnavailable() throws Exception {
    vault.close();
    assertThatThrownBy(() -> put("x", VaultFixture.random(3), "t"))
        .hasMessageContaining("vault.unavailable");
  }
}
