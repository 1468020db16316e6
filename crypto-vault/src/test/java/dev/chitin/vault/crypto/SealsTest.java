package dev.chitin.vault.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.memory.SecretPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every seal has a salt, a nonce and a key of its own, as GCM needs it. */
class SealsTest {
  private static final int SALT_AT = 10;
  private static final int COMMITMENT_AT = 42;
  private static final int NONCE_AT = 74;

  @Test
  void inFourThousandSealsNoSaltNonceOrKeyRepeats() {
    seal(1 << 12);
  }

  @Test
  @Tag("full")
  void inAMillionSealsNoSaltNonceOrKeyRepeats() {
    seal(1 << 20);
  }

  private static void seal(int count) {
    CryptoEngine engine = CryptoEngine.best();
    // The first 8 bytes of each stand for it: that two differ and begin alike has odds of 2^-25.
    long[] salts = new long[count];
    long[] nonces = new long[count];
    long[] keys = new long[count];
    byte[] info = new Wire().prefixed("chitin/vault/box/v1").u8(1).u8(4).bytes();
    byte[] commitment = new byte[32];
    try (SecretPool pool = new SecretPool(2);
        Arena arena = Arena.ofConfined()) {
      var box = new Box(engine, pool);
      MemorySegment parent = arena.allocate(32).fill((byte) 7);
      MemorySegment content = arena.allocate(16);
      MemorySegment salt = arena.allocate(32);
      MemorySegment derived = arena.allocate(64);
      Box.Place place = Box.Place.unbound(new byte[16], "t/a", 1, 1);
      for (int i = 0; i < count; i++) {
        byte[] sealed = box.seal(parent, Box.Kind.VALUE, place, content);
        ByteBuffer bytes = ByteBuffer.wrap(sealed);
        salts[i] = bytes.getLong(SALT_AT);
        nonces[i] = bytes.getLong(NONCE_AT);
        MemorySegment.copy(sealed, SALT_AT, salt, ValueLayout.JAVA_BYTE, 0, 32);
        Hkdf.derive(engine, parent, salt, info, derived);
        keys[i] = derived.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        // That this is how the box made its key shows in what it commits to.
        MemorySegment.copy(derived, ValueLayout.JAVA_BYTE, 32, commitment, 0, 32);
        assertThat(
                Arrays.equals(
                    sealed, COMMITMENT_AT, COMMITMENT_AT + 32, commitment, 0, commitment.length))
            .isTrue();
      }
    }
    assertThat(different(salts)).as("salts").isEqualTo(count);
    assertThat(different(nonces)).as("nonces").isEqualTo(count);
    assertThat(different(keys)).as("keys").isEqualTo(count);
  }

  private static long different(long[] values) {
    return Arrays.stream(values).distinct().count();
  }
}
