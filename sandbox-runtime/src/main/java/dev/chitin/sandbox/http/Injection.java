package dev.chitin.sandbox.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.CredentialRef;
import io.netty.util.AsciiString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One secret on its way into one header field, as bytes, and the {@link Redaction} of what comes
 * back. {@link #close()} wipes both.
 */
final class Injection implements AutoCloseable {
  private final String field;
  private final byte[] value;
  private final Redaction redaction;

  private Injection(String field, byte[] value, Redaction redaction) {
    this.field = field;
    this.value = value;
    this.redaction = redaction;
  }

  /**
   * Writes {@code secret} in the format of {@code credential}.
   *
   * @throws dev.chitin.bus.ChitinException when the secret cannot stand in a header field
   */
  static Injection of(CredentialRef credential, MemorySegment secret) {
    for (long i = 0; i < secret.byteSize(); i++) {
      byte b = secret.get(ValueLayout.JAVA_BYTE, i);
      if (b < 0x20 || b == 0x7F) {
        throw Problem.of(
                ProblemCode.POLICY_CREDENTIAL_DENIED,
                "The secret holds a byte that cannot stand in a header field.")
            .withRule("credential.grammar")
            .withHint("Store it again without line ends, control or non-ASCII characters.")
            .toException();
      }
    }
    byte[] prefix =
        credential.format().equals("bearer")
            ? "Bearer ".getBytes(StandardCharsets.US_ASCII)
            : new byte[0];
    byte[] value = new byte[prefix.length + Math.toIntExact(secret.byteSize())];
    System.arraycopy(prefix, 0, value, 0, prefix.length);
    MemorySegment.copy(
        secret, ValueLayout.JAVA_BYTE, 0, value, prefix.length, value.length - prefix.length);
    return new Injection(credential.field(), value, new Redaction(secret));
  }

  String field() {
    return field;
  }

  /** The field's value over the bytes that {@link #close()} wipes. */
  CharSequence value() {
    return new AsciiString(value, false);
  }

  Redaction redaction() {
    return redaction;
  }

  @Override
  public void close() {
    Arrays.fill(value, (byte) 0);
    redaction.close();
  }
}
