package dev.chitin.it.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks for needles in all that can be read of a process's memory through {@code /proc/PID/mem}, or
 * in a file. A needle is the first {@value #NEEDLE} bytes of a form, so that cut copies count. It
 * is held masked, so that a scan of the scanner would not find it.
 */
final class MemoryScan {
  private static final int NEEDLE = 16;
  private static final int CHUNK = 1 << 20;
  private static final byte MASK = 0x35;
  private static final byte INNER_PAD = 0x36;
  private static final byte OUTER_PAD = 0x5C;

  private final List<byte[]> needles = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final boolean[] beginnings = new boolean[1 << 16];

  /** Looks for {@code secret} raw, in UTF-16, base64 at three alignments, hex and URL form. */
  void addSecret(String name, String secret) {
    byte[] raw = secret.getBytes(StandardCharsets.US_ASCII);
    addBytes(name + " raw", raw);
    addBytes(name + " UTF-16", secret.getBytes(StandardCharsets.UTF_16LE));
    addBytes(name + " hex", ascii(HexFormat.of().formatHex(raw)));
    addBytes(name + " URL", ascii(java.net.URLEncoder.encode(secret, StandardCharsets.UTF_8)));
    for (int before = 0; before < 3; before++) {
      byte[] text =
          Base64.getEncoder()
              .encode(("x".repeat(before) + secret).getBytes(StandardCharsets.US_ASCII));
      addBytes(
          name + " base64", Arrays.copyOfRange(text, before == 0 ? 0 : before + 1, text.length));
    }
  }

  /**
   * Looks for a key raw, in hex, with the bytes of its words turned round, as key schedules and
   * hash functions have it, and under the pads of HMAC (RFC 2104).
   */
  void addKey(String name, byte[] key) {
    addBytes(name + " raw", key);
    addBytes(name + " hex", ascii(HexFormat.of().formatHex(key)));
    addBytes(name + " in words of 4", turned(key, 4));
    addBytes(name + " in words of 8", turned(key, 8));
    addBytes(name + " under the inner pad", padded(key, INNER_PAD));
    addBytes(name + " under the outer pad", padded(key, OUTER_PAD));
  }

  private static byte[] turned(byte[] key, int word) {
    byte[] turned = new byte[NEEDLE];
    for (int i = 0; i < NEEDLE; i++) {
      turned[i] = key[i / word * word + word - 1 - i % word];
    }
    return turned;
  }

  private static byte[] padded(byte[] bytes, byte pad) {
    byte[] padded = Arrays.copyOf(bytes, NEEDLE);
    for (int i = 0; i < NEEDLE; i++) {
      padded[i] ^= pad;
    }
    return padded;
  }

  /** Looks for the beginning of {@code bytes}. */
  void addBytes(String name, byte[] bytes) {
    byte[] needle = Arrays.copyOf(bytes, NEEDLE);
    beginnings[beginning(needle, 0)] = true;
    needles.add(padded(needle, MASK));
    names.add(name);
    Arrays.fill(needle, (byte) 0);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int beginning(byte[] bytes, int at) {
    int four =
        (bytes[at] & 0xFF)
            | (bytes[at + 1] & 0xFF) << 8
            | (bytes[at + 2] & 0xFF) << 16
            | bytes[at + 3] << 24;
    return (four * 0x9E3779B1) >>> 16;
  }

  /** How often each needle was found, by name; the number of bytes looked at is {@code bytes}. */
  record Result(Map<String, Integer> found, long bytes, List<String> unreadable) {
    int of(String prefix) {
      return found.entrySet().stream()
          .filter(e -> e.getKey().startsWith(prefix))
          .mapToInt(Map.Entry::getValue)
          .sum();
    }
  }

  /** Scans every readable mapping of a process. */
  Result process(long pid) throws IOException {
    Map<String, Integer> found = new TreeMap<>();
    List<String> unreadable = new ArrayList<>();
    long bytes = 0;
    try (var memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
        String[] fields = line.split(" +", 6);
        String[] range = fields[0].split("-", 2);
        long from = Long.parseUnsignedLong(range[0], 16);
        long to = Long.parseUnsignedLong(range[1], 16);
        if (fields[1].startsWith("r") && from >= 0 && !line.contains("[v")) {
          long read = scan(memory, from, to, found);
          bytes += read;
          if (read < to - from) {
            unreadable.add(line);
          }
        }
      }
    }
    return new Result(found, bytes, unreadable);
  }

  /** Scans a file. */
  Result file(Path file) throws IOException {
    Map<String, Integer> found = new TreeMap<>();
    try (var content = new RandomAccessFile(file.toFile(), "r")) {
      long bytes = scan(content, 0, content.length(), found);
      return new Result(found, bytes, List.of());
    }
  }

  /** Pieces overlap by less than a needle, so that none is missed and none counts twice. */
  private long scan(RandomAccessFile source, long from, long to, Map<String, Integer> found)
      throws IOException {
    byte[] piece = new byte[CHUNK + NEEDLE - 1];
    int kept = 0;
    long at = from;
    long bytes = 0;
    while (at < to) {
      int wanted = (int) Math.min(CHUNK, to - at);
      int n;
      try {
        source.seek(at);
        n = source.read(piece, kept, wanted);
      } catch (IOException gone) {
        // A page that is not there, or that the kernel keeps from itself.
        n = -1;
      }
      if (n <= 0) {
        kept = 0;
        at += 4_096;
        continue;
      }
      int length = kept + n;
      for (int i = 0; i + NEEDLE <= length; i++) {
        if (beginnings[beginning(piece, i)]) {
          count(piece, i, found);
        }
      }
      kept = Math.min(NEEDLE - 1, length);
      System.arraycopy(piece, length - kept, piece, 0, kept);
      at += n;
      bytes += n;
    }
    return bytes;
  }

  private void count(byte[] piece, int at, Map<String, Integer> found) {
    for (int i = 0; i < needles.size(); i++) {
      if (isAt(piece, at, needles.get(i))) {
        found.merge(names.get(i), 1, Integer::sum);
      }
    }
  }

  private static boolean isAt(byte[] piece, int at, byte[] masked) {
    for (int i = 0; i < NEEDLE; i++) {
      if ((piece[at + i] ^ MASK) != masked[i]) {
        return false;
      }
    }
    return true;
  }
}
