package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.vault.LeaseBinding;
import dev.chitin.vault.LeaseRequest;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.SlotInfo;
import dev.chitin.vault.VaultStatus;
import dev.chitin.vault.memory.MemoryLevel;
import dev.chitin.vault.unlock.Device;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Proves that the vault is open, that its files are there and can be written, how well it keeps
 * what is clear, and that it refuses a forged receipt.
 */
final class VaultProof {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Recovery and recipient slots are never bound. */
  private static final Set<String> BOUND = Set.of("key-file", "passphrase", "passphrase+key-file");

  private static final String DECISION = "0".repeat(32);

  private VaultProof() {}

  static Future<List<Finding>> of(Foundation foundation) {
    VaultStatus status = foundation.localVault().status();
    return Future.join(directory(foundation), forgery(foundation))
        .map(
            proofs ->
                List.of(
                    open(status),
                    proofs.resultAt(0),
                    memory(status),
                    engine(status),
                    binding(foundation),
                    proofs.resultAt(1)));
  }

  private static Finding open(VaultStatus status) {
    return status.writable()
        ? new Finding(
            "vault.open", Verdict.PROVEN, status.secrets() + " secrets, epoch " + status.epoch())
        : new Finding(
            "vault.open", Verdict.INERT, "a write may not have reached the disk; start again");
  }

  /** What is in use lies in memory: that the files are gone shows at the next change alone. */
  private static Future<Finding> directory(Foundation foundation) {
    return foundation
        .localVault()
        .tryFiles()
        .map(
            fault ->
                fault
                    .map(why -> new Finding("vault.directory", Verdict.INERT, why))
                    .orElseGet(
                        () ->
                            new Finding(
                                "vault.directory",
                                Verdict.PROVEN,
                                "its files are as it left them, and one was written")))
        .otherwise(
            failure ->
                new Finding(
                    "vault.directory",
                    Verdict.INERT,
                    ChitinException.from(failure).problem().detail()));
  }

  private static Finding memory(VaultStatus status) {
    String level = status.memory().toString();
    return new Finding(
        "vault.memory",
        status.memory() == MemoryLevel.DEGRADED ? Verdict.DEGRADED : Verdict.PROVEN,
        "secrets in clear are kept in " + level + " memory");
  }

  private static Finding engine(VaultStatus status) {
    boolean openssl = status.engine().equals("openssl");
    return new Finding(
        "vault.engine",
        openssl ? Verdict.PROVEN : Verdict.DEGRADED,
        openssl ? "keys are used in native memory" : "keys touch the heap: libcrypto 3 is missing");
  }

  /** A copy of the vault and its key file opens anywhere unless a slot is bound to the machine. */
  private static Finding binding(Foundation foundation) {
    List<String> loose =
        foundation.vaultAdministration().slots().stream()
            .filter(slot -> BOUND.contains(slot.method()))
            .filter(slot -> !slot.binding().contains(Device.MACHINE))
            .map(SlotInfo::id)
            .toList();
    return loose.isEmpty()
        ? new Finding("vault.binding", Verdict.PROVEN, "its slots are bound to this machine")
        : new Finding(
            "vault.binding",
            Verdict.DEGRADED,
            "not bound to this machine: " + String.join(", ", loose));
  }

  /** Asks for a lease with a receipt that nobody signed. */
  private static Future<Finding> forgery(Foundation foundation) {
    Digest plan = Digest.ofUtf8("a plan that nobody made");
    var receipt =
        new Receipt(
            "chitin.local/audit/doctor",
            new LogPosition(0, plan),
            plan,
            DECISION,
            "no-such-boot",
            System.nanoTime() + PATIENCE.toNanos(),
            Bytes.adopt(new byte[32]));
    var call = new AuditEvent.CallRef("doctor", KeyRecord.TENANT, "doctor", null, plan, null);
    var request =
        new LeaseRequest(
            new SecretName("doctor-probe"),
            plan,
            DECISION,
            receipt,
            call,
            new LeaseBinding(
                "https", "doctor.invalid", 443, "GET", "/", "header", "x-probe", "raw"));
    return foundation
        .vault()
        .lease(request, Deadline.after(PATIENCE))
        .map(
            lease ->
                new Finding(
                    "vault.receipts", Verdict.INERT, "a lease was given for a forged receipt"))
        .otherwise(
            refused ->
                new Finding(
                    "vault.receipts", Verdict.PROVEN, "a lease for a forged receipt is refused"));
  }
}
