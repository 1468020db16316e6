package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.hpke.Hpke;
import dev.chitin.vault.store.Manifest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Takes secrets from one vault to another: sealed by HPKE (RFC 9180) to a key pair whose private
 * half lies in the receiving vault. What is written out is {@code chitin-secret-1.} and base64url
 * of {@code enc ‖ ct}; in it {@code LP(name) ‖ LP(binding) ‖ u64 expires ‖ value}.
 *
 * <p>It says to whom, not from whom: whoever has the public key can seal. Import what you exported.
 */
final class Transfer {
  /** The tenant of what belongs to the vault itself; no key can have a name with a dollar sign. */
  static final String OWN = "$vault";

  static final String PREFIX = "chitin-secret-1.";

  private static final SecretName RECIPIENT = new SecretName("recipient");
  private static final byte[] INFO =
      new Wire().prefixed("chitin/hpke/v1").prefixed("secret-export").bytes();
  private static final byte[] AAD = new byte[0];
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final VaultStore store;
  private final Hpke hpke;

  Transfer(VaultStore store) {
    this.store = store;
    this.hpke = new Hpke(store.setup().engine());
  }

  /** The public key to export to this vault with, 64 hex digits; made at the first call. */
  String recipient() {
    if (store.find(OWN, RECIPIENT).isEmpty()) {
      try (SecretBytes key = Hpke.newPrivateKey()) {
        store.put(OWN, RECIPIENT, key, OWN, PutOptions.PUT);
      }
    }
    try (SecretBytes key = privateKey()) {
      return HexFormat.of().formatHex(hpke.publicKey(key));
    }
  }

  private SecretBytes privateKey() {
    SealedSecret sealed =
        store
            .sealed(OWN, RECIPIENT)
            .orElseThrow(
                () ->
                    invalid("transfer.recipient", "This vault has no key to receive with.")
                        .withHint("Make one: chitin secret recipient.")
                        .toException());
    return store.use(
        sealed,
        content -> {
          SecretBytes key = SecretBytes.allocate(Hpke.KEY_BYTES);
          MemorySegment.copy(content, 0, key.segment(), 0, Hpke.KEY_BYTES);
          return key;
        });
  }

  /** The newest version of a secret, for whoever has the private key of {@code recipient}. */
  String export(String tenant, SecretName name, String recipient) {
    byte[] key = publicKey(recipient);
    SealedSecret sealed = store.sealed(tenant, name).orElseThrow(VaultFaults::unknown);
    byte[] head =
        new Wire()
            .prefixed(name.value())
            .prefixed(sealed.entry().binding())
            .u64(sealed.entry().expiresMillis())
            .bytes();
    return store.use(
        sealed,
        value -> {
          try (SecretBytes content = SecretBytes.allocate(head.length + value.byteSize())) {
            MemorySegment.copy(head, 0, content.segment(), ValueLayout.JAVA_BYTE, 0, head.length);
            MemorySegment.copy(value, 0, content.segment(), head.length, value.byteSize());
            return PREFIX
                + Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(hpke.seal(key, INFO, AAD, content.segment()));
          } catch (IllegalArgumentException e) {
            throw invalid("transfer.recipient", "That is no key of full order.").toException(e);
          }
        });
  }

  private static byte[] publicKey(String recipient) {
    try {
      byte[] key = HexFormat.of().parseHex(recipient);
      if (key.length == Hpke.KEY_BYTES) {
        return key;
      }
    } catch (IllegalArgumentException e) {
      throw badKey().toException(e);
    }
    throw badKey().toException();
  }

  private static Problem badKey() {
    return invalid("transfer.recipient", "A recipient is a key of 64 hex digits.")
        .withHint("chitin secret recipient on the receiving gateway prints it.");
  }

  /** Stores what was exported to this vault. */
  SecretMetadata takeIn(String tenant, String text, String owner) {
    byte[] sealed = decode(text);
    try (SecretBytes key = privateKey();
        SecretBytes content = SecretBytes.allocate(sealed.length - Hpke.OVERHEAD)) {
      if (!hpke.open(key, INFO, AAD, sealed, content.segment())) {
        throw invalid("transfer.sealed", "It is damaged, or sealed to another key.")
            .withHint("Compare the key with chitin secret recipient, and export anew.")
            .toException();
      }
      return store(tenant, content.segment(), owner);
    }
  }

  private static byte[] decode(String text) {
    String line = text.strip();
    try {
      byte[] sealed =
          line.startsWith(PREFIX)
              ? Base64.getUrlDecoder().decode(line.substring(PREFIX.length()))
              : new byte[0];
      if (sealed.length > Hpke.OVERHEAD + 16) {
        return sealed;
      }
    } catch (IllegalArgumentException e) {
      throw notExported().toException(e);
    }
    throw notExported().toException();
  }

  private static Problem notExported() {
    return invalid("transfer.form", "That is no exported secret.")
        .withHint("Give the lines that chitin secret export wrote.");
  }

  private SecretMetadata store(String tenant, MemorySegment content, String owner) {
    int nameLength = length(content, 0, 128);
    var name = new SecretName(text(content, 4, nameLength));
    int bindingAt = 4 + nameLength;
    int bindingLength = length(content, bindingAt, Manifest.MAX_BINDING);
    String binding = text(content, bindingAt + 4, bindingLength);
    long expiresAt = bindingAt + 4L + bindingLength;
    if (content.byteSize() < expiresAt + 8 + 1) {
      throw notExported().toException();
    }
    long expires = content.get(LONG, expiresAt);
    MemorySegment value = content.asSlice(expiresAt + 8);
    try (SecretBytes copy = SecretBytes.allocate(value.byteSize())) {
      MemorySegment.copy(value, 0, copy.segment(), 0, value.byteSize());
      return store.put(
          tenant,
          name,
          copy,
          owner,
          new PutOptions(Duration.ZERO, Math.max(0, expires), binding(binding), false));
    }
  }

  private static Optional<SecretBinding> binding(String canonical) {
    try {
      return canonical.isEmpty() ? Optional.empty() : Optional.of(SecretBinding.parse(canonical));
    } catch (JsonSyntaxException e) {
      throw notExported().toException(e);
    }
  }

  private static int length(MemorySegment content, long at, int max) {
    int length = content.byteSize() < at + 4 ? -1 : content.get(INT, at);
    if (length < 0 || length > max || content.byteSize() < at + 4 + length) {
      throw notExported().toException();
    }
    return length;
  }

  private static String text(MemorySegment content, long at, int length) {
    return new String(
        content.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private static Problem invalid(String rule, String detail) {
    return Problem.of(ProblemCode.VAULT_TRANSFER_INVALID, detail).withRule(rule);
  }
}
