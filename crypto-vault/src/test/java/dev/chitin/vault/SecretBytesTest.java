package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.vault.memory.MemoryLevel;
import dev.chitin.vault.memory.SecretMemory;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SecretBytesTest {

  @Test
  @SuppressWarnings("restricted") // the memory is read through its address while it is still mapped
  void aWipedSecretReadsZeroThroughItsAddress() {
    byte[] value = VaultFixture.random(5_000);
    SecretBytes secret = SecretBytes.takeOver(value.clone());
    MemorySegment raw = MemorySegment.ofAddress(secret.segment().address()).reinterpret(5_000);
    assertThat(raw.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(value);
    secret.wipe();
    assertThat(raw.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    secret.close();
  }

  @Test
  void takingOverWipesTheArray() {
    byte[] value = VaultFixture.random(64);
    SecretBytes.takeOver(value).close();
    assertThat(value).containsOnly(0);
  }

  @Test
  void aClosedSecretCannotBeReadAndCloseMayBeCalledTwice() {
    SecretBytes secret = SecretBytes.allocate(10);
    MemorySegment segment = secret.segment();
    secret.close();
    secret.close();
    assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSecretDoesNotPrint() {
    try (SecretBytes secret = SecretBytes.takeOver(new byte[] {'o', 'p', 'e', 'n'})) {
      assertThat(secret.toString()).isEqualTo("SecretBytes[redacted]");
    }
  }

  @Test
  void aSecretCannotBeSerialisedAndIsEqualToItselfAlone() {
    try (SecretBytes one = SecretBytes.takeOver(new byte[] {1, 2, 3});
        SecretBytes same = SecretBytes.takeOver(new byte[] {1, 2, 3})) {
      assertThat(one).isNotEqualTo(same).isNotInstanceOf(java.io.Serializable.class);
      assertThat(one.hashCode()).isEqualTo(System.identityHashCode(one));
      assertThatThrownBy(
              () -> new ObjectOutputStream(OutputStream.nullOutputStream()).writeObject(one))
          .isInstanceOf(NotSerializableException.class);
    }
  }

  /** Each way in: only what needs a token, or gives no bytes, may be public. */
  @Test
  void noPublicMethodGivesBytesWithoutTheToken() {
    for (Class<?> type : List.of(SecretBytes.class, SecretInput.class, Ed25519Signer.class)) {
      for (Method method : type.getMethods()) {
        boolean bytes =
            MemorySegment.class.isAssignableFrom(method.getReturnType())
                || method.getReturnType() == ByteBuffer.class
                || (CharSequence.class.isAssignableFrom(method.getReturnType())
                    && !method.getName().equals("toString"));
        if (bytes) {
          assertThat(method.getParameterTypes()).as(method.toString()).contains(SecretAccess.class);
        }
      }
    }
    assertThat(SecretAccess.class.getConstructors()).isEmpty();
    try (SecretBytes secret = SecretBytes.allocate(1)) {
      assertThatThrownBy(() -> secret.segment(missing())).isInstanceOf(NullPointerException.class);
    }
  }

  @SuppressWarnings("NullAway") // what a caller without a token would have to do
  private static SecretAccess missing() {
    return null;
  }

  @Test
  void anInputTakesNoMoreThanASecretMayHave() {
    try (var input = new SecretInput()) {
      input.add(MemorySegment.ofArray(new byte[SecretBytes.MAX_BYTES]));
      assertThatThrownBy(() -> input.add((byte) 1)).hasMessageContaining("request.too_large");
      assertThatThrownBy(() -> input.add(MemorySegment.ofArray(new byte[1])))
          .hasMessageContaining("request.too_large");
      assertThat(input).hasToString("SecretInput[redacted]");
    }
  }

  @Test
  void whatNobodyClosesIsFoundCountedAndFreed() {
    long before = SecretMemory.use().unclosed();
    forget();
    Awaiting.until(
        () -> {
          System.gc();
          return SecretMemory.use().unclosed() > before;
        });
  }

  @SuppressWarnings("MustBeClosedChecker") // forgetting it is the point
  private static void forget() {
    SecretBytes.takeOver(VaultFixture.random(100));
  }

  @Test
  void itsPagesAreLockedAndLeftOutOfDumps() throws IOException {
    Assumptions.assumeTrue(
        SecretMemory.level() != MemoryLevel.DEGRADED, "pages cannot be locked here");
    try (SecretBytes secret = SecretBytes.allocate(100)) {
      String flags = flags(secret.segment().address());
      // lo: locked, dd: not dumped (proc(5), VmFlags).
      assertThat(flags.split(" ", -1)).contains("lo", "dd");
    }
  }

  private static String flags(long address) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
    boolean inside = false;
    for (String line : lines) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        long from = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
        long to =
            Long.parseUnsignedLong(line.substring(line.indexOf('-') + 1, line.indexOf(' ')), 16);
        inside = address >= from && address < to;
      } else if (inside && line.startsWith("VmFlags:")) {
        return line.substring("VmFlags:".length()).strip();
      }
    }
    return "";
  }
}
