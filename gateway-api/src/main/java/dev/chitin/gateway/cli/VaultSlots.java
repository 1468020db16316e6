package dev.chitin.gateway.cli;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.unlock.SlotOrder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the commands of {@code chitin vault} that add, list or drop slots share. */
final class VaultSlots {
  private static final Duration TIMEOUT = Duration.ofSeconds(150);

  private final Session session;

  VaultSlots(Session session) {
    this.session = session;
  }

  /** Until when one step of work on a stopped gateway's vault has to be done. */
  static Deadline deadline() {
    return Deadline.after(TIMEOUT);
  }

  /** Prints the slots that are listed in a member of {@code object}. */
  void print(JsonValue.Obj object, String member) {
    if (object.get(member) instanceof JsonValue.Arr list) {
      for (JsonValue item : list.items()) {
        if (item instanceof JsonValue.Obj slot) {
          print(slot);
        }
      }
    }
  }

  /** Prints one slot on a line. */
  void print(JsonValue.Obj slot) {
    String created =
        slot.get("created") instanceof JsonValue.Int millis
            ? Instant.ofEpochMilli(millis.value()).toString()
            : "";
    session
        .out()
        .printf(
            "%s  %-20s bound to %-20s %s  %s%n",
            Texts.of(slot, "id"),
            Texts.of(slot, "method"),
            Texts.of(slot, "binding"),
            created,
            Texts.of(slot, "cost"));
  }

  /** Shows a slot that was added. */
  int added(JsonValue.Obj slot, boolean json) {
    if (json) {
      session.print(slot);
    } else {
      print(slot);
    }
    return ExitCode.OK.value();
  }

  /**
   * Adds a way to open the vault; gives the slot.
   *
   * @param given the credential, which passes over to the vault
   */
  JsonValue.Obj add(
      String method,
      @Nullable String profile,
      @Nullable String binding,
      @Nullable String key,
      SecretBytes given) {
    SlotOrder order = SlotOrder.of(method, profile, binding, key);
    return session.either(
        client -> {
          String path =
              "/admin/vault/slots/"
                  + URLEncoder.encode(method, StandardCharsets.UTF_8)
                  + "?v=1"
                  + query("profile", profile)
                  + query("binding", binding)
                  + query("key", key);
          return sent(path, given);
        },
        foundation ->
            VaultJson.of(
                foundation
                    .vaultAdministration()
                    .addSlot(
                        order.request(),
                        order.credentials(session.settings(null).vaultKey(), given),
                        deadline())
                    .await()));
  }

  private static String query(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  /** Sends a credential to the gateway that runs, and wipes it. */
  JsonValue.Obj sent(String path, SecretBytes given) {
    try (given) {
      return SecretSender.send(session.home().adminSocket(), "POST", path, given);
    }
  }
}
