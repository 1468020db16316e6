package dev.chitin.audit.note;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A public key with its name (C2SP signed-note): {@code <name>+<key id, 8 hex>+<base64(type ‖
 * key)>}.
 *
 * @param name of the log or witness; printable, without spaces and {@code +}
 * @param type what is signed how
 * @param publicKey 32 bytes
 */
public record VerifierKey(String name, Type type, Bytes publicKey) {
  /** Longest name, in UTF-16 units. */
  public static final int MAX_NAME = 255;

  private static final Pattern NAME = Pattern.compile("[!-*,-~]{1," + MAX_NAME + "}");
  private static final Pattern FORM =
      Pattern.compile("([^+]+)\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]{44})");

  /** Kinds of keys, with the byte that stands for each. */
  public enum Type {
    /** Ed25519 over the note's text. */
    ED25519(1),
    /** Ed25519 over {@code cosignature/v1}, a time and the note's text (C2SP tlog-cosignature). */
    COSIGNATURE(4);

    private final int code;

    Type(int code) {
      this.code = code;
    }
  }

  public VerifierKey {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("a key's name is printable, without spaces and +");
    }
    if (publicKey.length() != Ed25519.KEY_BYTES) {
      throw new IllegalArgumentException("an Ed25519 public key has 32 bytes");
    }
  }

  /** Reads what {@link #toString()} writes; empty when the text has another form or key id. */
  public static Optional<VerifierKey> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (text.length() > MAX_NAME + 64 || !form.matches()) {
      return Optional.empty();
    }
    try {
      byte[] key = Base64.getDecoder().decode(form.group(3));
      for (Type type : Type.values()) {
        if (key.length == 1 + Ed25519.KEY_BYTES && key[0] == type.code) {
          Bytes publicKey = Bytes.adopt(Arrays.copyOfRange(key, 1, key.length));
          var parsed = new VerifierKey(form.group(1), type, publicKey);
          return parsed.toString().equals(text) ? Optional.of(parsed) : Optional.empty();
        }
      }
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // Not base64, or not a name.
    }
  }

  /**
   * Reads keys with white space between them, one a line say.
   *
   * @return empty when there is none, or one of them is no key
   */
  public static List<VerifierKey> parseAll(String text) {
    List<Optional<VerifierKey>> read =
        text.strip()
            .lines()
            .flatMap(line -> Stream.of(line.strip().split(" +", -1)))
            .map(VerifierKey::parse)
            .toList();
    return read.stream().allMatch(Optional::isPresent)
        ? read.stream().flatMap(Optional::stream).toList()
        : List.of();
  }

  /** The first four bytes of SHA-256(name ‖ LF ‖ type ‖ key). */
  public int id() {
    byte[] label = (name + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] digest = Digest.of(label, typed()).borrow();
    return (digest[0] & 0xFF) << 24
        | (digest[1] & 0xFF) << 16
        | (digest[2] & 0xFF) << 8
        | (digest[3] & 0xFF);
  }

  private byte[] typed() {
    byte[] typed = new byte[1 + Ed25519.KEY_BYTES];
    typed[0] = (byte) type.code;
    System.arraycopy(publicKey.borrow(), 0, typed, 1, Ed25519.KEY_BYTES);
    return typed;
  }

  /** Whether {@code signature}, as it stands in a note after the key id, is this key's. */
  public boolean verifies(byte[] noteText, byte[] signature) {
    return switch (type) {
      case ED25519 -> Ed25519.verifies(publicKey, noteText, signature);
      case COSIGNATURE ->
          Cosignature.split(signature)
              .map(
                  parts ->
                      Ed25519.verifies(
                          publicKey,
                          Cosignature.message(parts.time(), noteText),
                          parts.signature().borrow()))
              .orElse(false);
    };
  }

  @Override
  public String toString() {
    return name + "+%08x+".formatted(id()) + Base64.getEncoder().encodeToString(typed());
  }
}
