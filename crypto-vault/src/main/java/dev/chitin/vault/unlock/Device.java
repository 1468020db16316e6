package dev.chitin.vault.unlock;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.memory.SecretMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where and as whom this process runs: what a slot may be bound to beside its credential. Never the
 * only secret, since every local user may read it; never stored or logged as such.
 *
 * @param machine the machine's id, where it has one
 * @param user number and login name, where they are known
 */
public record Device(Optional<String> machine, Optional<User> user) {
  /** Bound to {@code /etc/machine-id}. */
  public static final String MACHINE = "machine";

  /** Bound to user id and login name. */
  public static final String USER = "user";

  /** All components, in the order in which they are mixed in. */
  public static final List<String> COMPONENTS = List.of(MACHINE, USER);

  private static final Path MACHINE_ID = Path.of("/etc/machine-id");
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{32}");

  /** Who runs this process. */
  public record User(long id, String login) {}

  /** This machine and this process's user. */
  public static Device here() {
    int uid = SecretMemory.effectiveUser();
    String login = System.getProperty("user.name", "");
    return new Device(
        machineId(MACHINE_ID),
        uid < 0 || login.isEmpty() || login.equals("?")
            ? Optional.empty()
            : Optional.of(new User(Integer.toUnsignedLong(uid), login)));
  }

  /** The id in {@code file}, unless it is empty, a placeholder or all zeros (machine-id(5)). */
  static Optional<String> machineId(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > 64) {
        return Optional.empty();
      }
      String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
      return Optional.of(text)
          .filter(id -> HEX.matcher(id).matches() && !id.equals("0".repeat(32)));
    } catch (IOException e) {
      // Absent and unreadable are the same to whoever needs it: refused where it was recorded.
      return Optional.empty();
    }
  }

  /** The components that there are. */
  public List<String> available() {
    List<String> names = new ArrayList<>();
    machine.ifPresent(id -> names.add(MACHINE));
    user.ifPresent(id -> names.add(USER));
    return names;
  }

  /**
   * Which of {@code wanted} a new slot is bound to.
   *
   * @param wanted names, or nothing for all that there are
   * @throws dev.chitin.bus.ChitinException {@code vault.binding_unavailable} for one that is not
   *     there
   */
  public List<String> choose(Optional<List<String>> wanted) {
    List<String> names = wanted.orElseGet(this::available);
    names.forEach(this::require);
    return COMPONENTS.stream().filter(names::contains).toList();
  }

  /**
   * {@code SHA-256(LP("chitin/device/v1") ‖ LP(machine id) ‖ LP(uid, decimal) ‖ LP(login))}, with
   * empty fields for components that {@code names} does not hold.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.binding_unavailable}
   */
  public byte[] digest(List<String> names) {
    names.forEach(this::require);
    String id = names.contains(MACHINE) ? machine.orElseThrow() : "";
    Optional<User> who = names.contains(USER) ? user : Optional.empty();
    return Digest.of(
            new Wire()
                .prefixed("chitin/device/v1")
                .prefixed(id)
                .prefixed(who.map(u -> Long.toString(u.id())).orElse(""))
                .prefixed(who.map(User::login).orElse(""))
                .bytes())
        .toArray();
  }

  private void require(String name) {
    if (!available().contains(name)) {
      throw Problem.of(
              ProblemCode.VAULT_BINDING_UNAVAILABLE,
              "The vault is bound to the component '" + name + "', which is not here.")
          .withRule("vault.binding." + name)
          .withHint(
              "Open the vault with a slot that is not bound to it (a recovery code), then run chitin"
                  + " vault rebind; or restore the component.")
          .toException();
    }
  }

  /** Constant: what a device is never stands in a log. */
  @Override
  public String toString() {
    return "Device" + available();
  }
}
