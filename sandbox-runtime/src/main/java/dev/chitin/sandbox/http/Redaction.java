package dev.chitin.sandbox.http;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Takes one secret out of what a server sends back: raw, in hex, percent-encoded, and in base64 and
 * base64url at all three alignments. Holds the forms until {@link #close()} wipes them.
 *
 * <p>Not covered: a server that sends the secret back transformed in another way or in parts.
 * Secrets shorter than {@value #SHORTEST} bytes cannot be told from chance; their responses are not
 * shown.
 */
final class Redaction implements AutoCloseable {
  /** What stands in the secret's place. */
  static final byte[] MARK =
      "[chitin:redacted]".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  /** The shortest secret that can be searched for. */
  static final int SHORTEST = 12;

  private final List<byte[]> forms = new ArrayList<>();

  Redaction(MemorySegment secret) {
    byte[] raw = secret.toArray(ValueLayout.JAVA_BYTE);
    forms.add(raw);
    addHex(raw, HexFormat.of());
    addHex(raw, HexFormat.of().withUpperCase());
    addPercent(raw, HexFormat.of());
    addPercent(raw, HexFormat.of().withUpperCase());
    for (int offset = 0; offset < 3; offset++) {
      addBase64(raw, offset, Base64.getEncoder().withoutPadding());
      addBase64(raw, offset, Base64.getUrlEncoder().withoutPadding());
    }
    forms.sort((a, b) -> Integer.compare(b.length, a.length));
  }

  private void addHex(byte[] raw, HexFormat format) {
    byte[] form = new byte[raw.length * 2];
    for (int i = 0; i < raw.length; i++) {
      form[2 * i] = (byte) format.toHighHexDigit(raw[i]);
      form[2 * i + 1] = (byte) format.toLowHexDigit(raw[i]);
    }
    forms.add(form);
  }

  private void addPercent(byte[] raw, HexFormat format) {
    byte[] form = new byte[raw.length * 3];
    int length = 0;
    for (byte b : raw) {
      boolean plain =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || b == '-'
              || b == '.'
              || b == '_'
              || b == '~';
      if (plain) {
        form[length++] = b;
      } else {
        form[length++] = '%';
        form[length++] = (byte) format.toHighHexDigit(b);
        form[length++] = (byte) format.toLowHexDigit(b);
      }
    }
    forms.add(Arrays.copyOf(form, length));
    Arrays.fill(form, (byte) 0);
  }

  /**
   * The characters of a base64 text that depend on the secret alone when it begins at an offset.
   */
  private void addBase64(byte[] raw, int offset, Base64.Encoder encoder) {
    byte[] shifted = new byte[offset + raw.length];
    System.arraycopy(raw, 0, shifted, offset, raw.length);
    byte[] encoded = encoder.encode(shifted);
    int from = offset == 0 ? 0 : offset + 1;
    int to = shifted.length % 3 == 0 ? encoded.length : encoded.length - 1;
    forms.add(Arrays.copyOfRange(encoded, from, Math.max(from, to)));
    Arrays.fill(shifted, (byte) 0);
    Arrays.fill(encoded, (byte) 0);
  }

  /** Whether the secret is long enough to be searched for. */
  boolean possible() {
    return forms.stream().allMatch(form -> form.length >= SHORTEST);
  }

  /** {@code bytes} with every form of the secret replaced by {@link #MARK}. */
  byte[] apply(byte[] bytes) {
    byte[] clean = bytes;
    for (byte[] form : forms) {
      clean = replace(clean, form);
    }
    return clean;
  }

  /**
   * Like {@link #apply}, for bytes that were cut: a begun secret at their end is taken out as well.
   */
  byte[] applyToCut(byte[] bytes) {
    byte[] clean = apply(bytes);
    int begun = forms.stream().mapToInt(form -> begunAtEnd(clean, form)).max().orElse(0);
    if (begun == 0) {
      return clean;
    }
    byte[] marked = Arrays.copyOf(clean, clean.length - begun + MARK.length);
    System.arraycopy(MARK, 0, marked, clean.length - begun, MARK.length);
    return marked;
  }

  /** How many of the first bytes of {@code form} stand at the end of {@code bytes}. */
  private static int begunAtEnd(byte[] bytes, byte[] form) {
    for (int n = Math.min(form.length - 1, bytes.length); n > 0; n--) {
      if (Arrays.equals(bytes, bytes.length - n, bytes.length, form, 0, n)) {
        return n;
      }
    }
    return 0;
  }

  private static byte[] replace(byte[] bytes, byte[] form) {
    int at = indexOf(bytes, form, 0);
    if (at < 0) {
      return bytes;
    }
    var out = new ByteArrayOutputStream(bytes.length);
    int done = 0;
    while (at >= 0) {
      out.write(bytes, done, at - done);
      out.write(MARK, 0, MARK.length);
      done = at + form.length;
      at = indexOf(bytes, form, done);
    }
    out.write(bytes, done, bytes.length - done);
    return out.toByteArray();
  }

  private static int indexOf(byte[] bytes, byte[] form, int from) {
    for (int i = from; i <= bytes.length - form.length; i++) {
      if (bytes[i] == form[0] && Arrays.equals(bytes, i, i + form.length, form, 0, form.length)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public void close() {
    forms.forEach(form -> Arrays.fill(form, (byte) 0));
    forms.clear();
  }
}
