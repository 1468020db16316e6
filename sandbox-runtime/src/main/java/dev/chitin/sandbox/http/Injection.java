package dev.chitin.sandbox.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.CredentialRef;
import dev.chitin.vault.CredentialUse;
import dev.chitin.vault.FieldValue;
import dev.chitin.vault.scrub.Scrubber;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * One secret on its way into one header field. Until the encoded head is written to the socket a
 * marker stands in its place: 128 random bits, made after the request was checked, that no caller
 * can know.
 */
final class Injection {
  private static final byte[] BEARER = "Bearer ".getBytes(StandardCharsets.US_ASCII);

  private final CredentialRef credential;
  private final CredentialUse use;
  private final String marker;

  /**
   * @param use opened once, when the head is written
   */
  Injection(CredentialRef credential, CredentialUse use, SecureRandom random) {
    this.credential = credential;
    this.use = use;
    byte[] bits = new byte[16];
    random.nextBytes(bits);
    this.marker = "chitin-splice-" + HexFormat.of().formatHex(bits);
  }

  String field() {
    return credential.field();
  }

  /** What stands where the secret will be. */
  String marker() {
    return marker;
  }

  /** Takes memory of a length and gives where to write. */
  @FunctionalInterface
  interface Target {
    ByteBuffer room(int length);
  }

  /**
   * Writes the secret in the credential's format to what {@code target} gives, which is native, and
   * has {@code scrubber} look for it in the answer.
   *
   * @throws dev.chitin.bus.ChitinException when the secret cannot stand in a header field, or the
   *     lease ended meanwhile
   */
  void write(Target target, Scrubber scrubber) {
    use.open(
        secret -> {
          checkGrammar(secret, credential.format());
          byte[] prefix = credential.format().equals("bearer") ? BEARER : new byte[0];
          int length = prefix.length + Math.toIntExact(secret.byteSize());
          MemorySegment room = MemorySegment.ofBuffer(target.room(length));
          MemorySegment.copy(MemorySegment.ofArray(prefix), 0, room, 0, prefix.length);
          MemorySegment.copy(secret, 0, room, prefix.length, secret.byteSize());
          scrubber.add(secret);
          return true;
        });
  }

  private static void checkGrammar(MemorySegment secret, String format) {
    if (!FieldValue.fits(secret, format)) {
      throw Problem.of(
              ProblemCode.POLICY_CREDENTIAL_DENIED,
              "The secret holds a byte that cannot stand in a header field.")
          .withRule("credential.grammar")
          .withHint(
              "Store it again without line ends, control or non-ASCII characters, or spaces at its"
                  + " ends.")
          .toException();
    }
  }
}
