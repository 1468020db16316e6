package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What the operator does with the vault as a whole: its slots, its keys, and secrets that go from
 * one vault to another. Each change is recorded before it takes effect. Never reached over the bus.
 */
public final class VaultAdministration {
  private final VaultStore store;
  private final StoreThread thread;
  private final AuditLog audit;
  private final Upkeep upkeep;
  private final SlotChanges slots;

  VaultAdministration(VaultStore store, StoreThread thread, AuditLog audit, Upkeep upkeep) {
    this.store = store;
    this.thread = thread;
    this.audit = audit;
    this.upkeep = upkeep;
    this.slots = new SlotChanges(store);
  }

  /** How the vault stands. */
  public VaultStatus status() {
    return store.status();
  }

  public List<SlotInfo> slots() {
    return slots.slots().stream().map(SlotInfo::of).toList();
  }

  /** The vault's random id, hex. */
  public String vaultId() {
    return store.state().header().vaultIdText();
  }

  /** Adds a slot; the credentials are closed. */
  public Future<SlotInfo> addSlot(SlotRequest request, Credentials credentials, Deadline deadline) {
    return recorded(
            "vault.slot_added",
            request.method().text(),
            deadline,
            () -> SlotInfo.of(slots.add(request, credentials)))
        .onComplete(done -> credentials.close());
  }

  public Future<SlotInfo> removeSlot(String id, Deadline deadline) {
    return recorded("vault.slot_removed", id, deadline, () -> SlotInfo.of(slots.remove(id)));
  }

  /**
   * What a new root key left behind.
   *
   * @param kept slots that open the vault still
   * @param dropped slots whose credential was not given, and that are gone
   */
  public record RootRotation(List<SlotInfo> kept, List<SlotInfo> dropped) {
    public RootRotation {
      kept = List.copyOf(kept);
      dropped = List.copyOf(dropped);
    }
  }

  /** Puts a new root key in the place of the old one; the credentials are closed. */
  public Future<RootRotation> rotateRoot(Credentials credentials, Deadline deadline) {
    return recorded(
            "vault.root_rotated",
            null,
            deadline,
            () -> {
              SlotChanges.Rotated rotated = slots.rotateRoot(credentials);
              return new RootRotation(
                  rotated.kept().stream().map(SlotInfo::of).toList(),
                  rotated.dropped().stream().map(SlotInfo::of).toList());
            })
        .onComplete(done -> credentials.close());
  }

  /** Begins a new term; the data keys are wrapped anew in the background. Gives its number. */
  public Future<Integer> rotateKek(Deadline deadline) {
    return recorded("vault.kek_rotated", null, deadline, () -> new KekRotation(store).begin())
        .onSuccess(term -> upkeep.goOn());
  }

  /** Takes a rotation to its end at once; for a vault of which nobody holds a lease. */
  public Future<Integer> finishRotation() {
    return thread.run(
        () -> {
          var rotation = new KekRotation(store);
          int steps = 1;
          while (rotation.step()) {
            steps++;
          }
          rotation.dropBefore(rotation.currentTerm());
          return steps;
        });
  }

  /** The public key to export to this vault with, 64 hex digits. */
  public Future<String> recipient(Deadline deadline) {
    return recorded("vault.recipient", null, deadline, () -> new Transfer(store).recipient());
  }

  /** One secret, sealed to {@code recipient}: a line of text. */
  public Future<String> export(
      String tenant, SecretName name, String recipient, String actor, Deadline deadline) {
    return audit
        .append(new AuditEvent.SecretChange("export", name.value(), tenant, actor), deadline)
        .compose(done -> thread.run(() -> new Transfer(store).export(tenant, name, recipient)));
  }

  /** Stores what another vault exported to this one. */
  public Future<SecretMetadata> takeIn(
      String tenant, String line, String actor, Deadline deadline) {
    return audit
        .append(new AuditEvent.SecretChange("import", "sealed", tenant, actor), deadline)
        .compose(done -> thread.run(() -> new Transfer(store).takeIn(tenant, line, actor)));
  }

  /** Says in the log where the vault stands, before it is closed. */
  public Future<Void> markClosed() {
    return thread.run(
        () -> {
          store.markClosed();
          return null;
        });
  }

  private <T> Future<T> recorded(
      String action, @Nullable String detail, Deadline deadline, Callable<T> work) {
    var event =
        new AuditEvent.VaultState(action, vaultId(), store.status().epoch(), null, null, detail);
    return audit.append(event, deadline).compose(done -> thread.run(work));
  }
}
