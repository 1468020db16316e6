package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.vault.SecretBinding;
import dev.chitin.vault.SecretMetadata;
import dev.chitin.vault.SlotInfo;
import dev.chitin.vault.VaultAdministration;
import dev.chitin.vault.VaultStatus;
import java.util.List;
import java.util.Locale;

/** What may be known of secrets and their vault, as the documents that routes and commands show. */
public final class VaultJson {
  private VaultJson() {}

  public static JsonValue.Obj of(SecretMetadata secret) {
    return JsonValue.object()
        .put("name", secret.name().value())
        .put("version", secret.version())
        .put("created", secret.createdMillis())
        .put("owner", secret.owner())
        .put("lastUse", secret.lastUseMillis())
        .put(
            "binding",
            secret.binding().<JsonValue>map(SecretBinding::json).orElse(JsonValue.Null.VALUE))
        .put(
            "versions",
            new JsonValue.Arr(
                secret.versions().stream().<JsonValue>map(VaultJson::version).toList()))
        .build();
  }

  private static JsonValue.Obj version(SecretMetadata.Version version) {
    return JsonValue.object()
        .put("version", version.version())
        .put("state", version.state())
        .put("created", version.createdMillis())
        .put("expires", version.expiresMillis())
        .put("destroyAfter", version.destroyAfterMillis())
        .build();
  }

  /** How the vault stands, with its slots. */
  public static JsonValue.Obj of(VaultAdministration vault) {
    VaultStatus status = vault.status();
    return JsonValue.object()
        .put("vault", vault.vaultId())
        .put("epoch", status.epoch())
        .put("secrets", status.secrets())
        .put("term", status.term())
        .put("rewrapping", status.rewrapping())
        .put("orphans", status.orphans())
        .put("writable", status.writable())
        .put("memory", status.memory().toString().toLowerCase(Locale.ROOT))
        .put("engine", status.engine())
        .put("slots", slots(vault.slots()))
        .build();
  }

  public static JsonValue.Arr slots(List<SlotInfo> slots) {
    return new JsonValue.Arr(slots.stream().<JsonValue>map(VaultJson::of).toList());
  }

  public static JsonValue.Obj of(SlotInfo slot) {
    return JsonValue.object()
        .put("id", slot.id())
        .put("method", slot.method())
        .put("binding", slot.binding())
        .put("created", slot.createdMillis())
        .put("cost", slot.cost())
        .build();
  }

  public static JsonValue.Obj of(VaultAdministration.RootRotation rotation) {
    return JsonValue.object()
        .put("kept", slots(rotation.kept()))
        .put("dropped", slots(rotation.dropped()))
        .build();
  }
}
