package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Hkdf;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.hpke.Hpke;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Slot;
import dev.chitin.vault.unlock.Argon2Parameters;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.Device;
import dev.chitin.vault.unlock.Passphrase;
import dev.chitin.vault.unlock.PassphraseKdf;
import dev.chitin.vault.unlock.SlotRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * Seals the root key into slots and opens it out of them.
 *
 * <pre>
 * S = Argon2id(passphrase), or the key file, or both concatenated, or the recovery key
 * unlock key = HKDF-SHA256(ikm = S ‖ device digest, salt = slot salt,
 *   info = LP("chitin/vault/unlock/v1") ‖ LP(vault id) ‖ LP(slot id) ‖ LP(method) ‖ LP(parameters))
 * </pre>
 */
final class SlotKeys {
  private static final int DEVICE_BYTES = 32;

  private final CryptoEngine engine;
  private final Box box;
  private final Device device;
  private final PassphraseKdf kdf;
  private final SecureRandom random = new SecureRandom();

  SlotKeys(CryptoEngine engine, SecretPool pool, Device device, PassphraseKdf kdf) {
    this.engine = engine;
    this.box = new Box(engine, pool);
    this.device = device;
    this.kdf = kdf;
  }

  /**
   * A new slot that holds {@code root}.
   *
   * @throws ChitinException {@code vault.slot_invalid} for a credential that is missing or too
   *     weak, {@code vault.binding_unavailable} for a component that is missing
   */
  Slot make(byte[] vaultId, SlotRequest request, Credentials credentials, MemorySegment root) {
    if (request.method().needsPassphrase()) {
      Passphrase.check(passphrase(credentials));
    }
    return seal(
        vaultId,
        new Slot(
            random(16),
            request.method(),
            parameters(request),
            System.currentTimeMillis(),
            random(32),
            new byte[0]),
        credentials,
        root);
  }

  private String parameters(SlotRequest request) {
    String text = "v=1;bind=" + String.join(",", device.choose(request.binding()));
    if (request.method().needsPassphrase()) {
      text += ";" + Argon2Parameters.of(request.profile(), random(16)).text();
    }
    return request.recipient().isPresent() ? text + ";key=" + request.recipient().get() : text;
  }

  /** {@code slot} sealed anew under fresh salts, for another root key. */
  Slot remake(byte[] vaultId, Slot slot, Credentials credentials, MemorySegment root) {
    String parameters = slot.parameters();
    if (slot.method().needsPassphrase()) {
      String salt = "salt=" + HexFormat.of().formatHex(random(16));
      parameters = parameters.replaceFirst("salt=[0-9a-f]*", salt);
    }
    var fresh =
        new Slot(
            slot.id(), slot.method(), parameters, slot.createdMillis(), random(32), new byte[0]);
    return seal(vaultId, fresh, credentials, root);
  }

  private Slot seal(byte[] vaultId, Slot bare, Credentials credentials, MemorySegment root) {
    if (bare.method() == Slot.Method.RECIPIENT) {
      byte[] info = info(vaultId, bare);
      return bare.withSealed(new Hpke(engine).seal(recipientKey(bare), info, bare.salt(), root));
    }
    try (SecretBytes key = unlockKey(vaultId, bare, credentials)) {
      return bare.withSealed(
          box.seal(key.segment(), Box.Kind.ROOT_KEY, place(vaultId, bare), root));
    }
  }

  /** The root key out of {@code slot}, into {@code root}; false when it does not open. */
  boolean open(byte[] vaultId, Slot slot, Credentials credentials, MemorySegment root) {
    if (slot.method() == Slot.Method.RECIPIENT) {
      return new Hpke(engine)
          .open(
              credentials.recipient().orElseThrow(),
              info(vaultId, slot),
              slot.salt(),
              slot.sealed(),
              root);
    }
    try (SecretBytes key = unlockKey(vaultId, slot, credentials)) {
      return box.open(key.segment(), Box.Kind.ROOT_KEY, place(vaultId, slot), slot.sealed(), root);
    }
  }

  private SecretBytes unlockKey(byte[] vaultId, Slot slot, Credentials credentials) {
    byte[] deviceDigest = device.digest(slot.binding());
    SecretBytes key = SecretBytes.allocate(CryptoEngine.KEY_BYTES);
    try (SecretBytes secret = secret(slot, credentials);
        SecretBytes material = SecretBytes.allocate(secret.length() + DEVICE_BYTES);
        Arena arena = Arena.ofConfined()) {
      MemorySegment.copy(secret.segment(), 0, material.segment(), 0, secret.length());
      MemorySegment.copy(
          deviceDigest,
          0,
          material.segment(),
          ValueLayout.JAVA_BYTE,
          secret.length(),
          DEVICE_BYTES);
      MemorySegment salt = arena.allocate(slot.salt().length);
      MemorySegment.copy(slot.salt(), 0, salt, ValueLayout.JAVA_BYTE, 0, slot.salt().length);
      Hkdf.derive(engine, material.segment(), salt, info(vaultId, slot), key.segment());
      return key;
    } catch (RuntimeException e) {
      key.close();
      throw e;
    }
  }

  /** What only the operator has: 32 or 64 bytes. */
  private SecretBytes secret(Slot slot, Credentials credentials) {
    return switch (slot.method()) {
      case KEY_FILE -> keyFile(credentials);
      case PASSPHRASE -> kdf.derive(passphrase(credentials), Argon2Parameters.read(slot));
      case PASSPHRASE_AND_KEY_FILE -> {
        try (SecretBytes derived =
                kdf.derive(passphrase(credentials), Argon2Parameters.read(slot));
            SecretBytes file = keyFile(credentials)) {
          yield concatenated(List.of(derived, file));
        }
      }
      case RECOVERY ->
          concatenated(
              List.of(credentials.recovery().orElseThrow(() -> missing("a recovery code"))));
      case RECIPIENT -> throw new IllegalStateException("a recipient has no unlock key");
    };
  }

  private static SecretBytes concatenated(List<SecretBytes> parts) {
    SecretBytes whole = SecretBytes.allocate(parts.stream().mapToLong(SecretBytes::length).sum());
    long at = 0;
    for (SecretBytes part : parts) {
      MemorySegment.copy(part.segment(), 0, whole.segment(), at, part.length());
      at += part.length();
    }
    return whole;
  }

  private static SecretBytes keyFile(Credentials credentials) {
    return credentials.keyFile().orElseThrow(() -> missing("a key file")).read();
  }

  private static SecretBytes passphrase(Credentials credentials) {
    return credentials.passphrase().orElseThrow(() -> missing("a passphrase"));
  }

  private static ChitinException missing(String what) {
    return Problem.of(ProblemCode.VAULT_SLOT_INVALID, "The slot needs " + what + ".")
        .withRule("slot.credential")
        .withHint("Give it: a key file by vault.key_file, a passphrase by --passphrase-fd.")
        .toException();
  }

  private static byte[] recipientKey(Slot slot) {
    try {
      byte[] key = HexFormat.of().parseHex(slot.parameter("key").orElse(""));
      if (key.length == Hpke.KEY_BYTES) {
        return key;
      }
    } catch (IllegalArgumentException e) {
      throw badRecipient().toException(e);
    }
    throw badRecipient().toException();
  }

  private static Problem badRecipient() {
    return Problem.of(ProblemCode.VAULT_SLOT_INVALID, "A recipient is a key of 64 hex digits.")
        .withRule("slot.recipient");
  }

  private static byte[] info(byte[] vaultId, Slot slot) {
    return new Wire()
        .prefixed("chitin/vault/unlock/v1")
        .prefixed(vaultId)
        .prefixed(slot.id())
        .prefixed(slot.method().text())
        .prefixed(slot.parameters())
        .bytes();
  }

  private static Box.Place place(byte[] vaultId, Slot slot) {
    return Box.Place.unbound(vaultId, "root/" + slot.idText(), 0, 0);
  }

  private byte[] random(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
