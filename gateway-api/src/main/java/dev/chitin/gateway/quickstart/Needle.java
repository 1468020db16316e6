package dev.chitin.gateway.quickstart;

import dev.chitin.bus.Digest;
import dev.chitin.vault.SecretBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The demonstration's own random secret, kept as bytes so that it can be looked for afterwards. */
final class Needle implements AutoCloseable {
  private static final char[] LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".toCharArray();
  private static final int LENGTH = 40;

  private final byte[] value = new byte[LENGTH];

  Needle() {
    var random = new SecureRandom();
    for (int i = 0; i < LENGTH; i++) {
      value[i] = (byte) LETTERS[random.nextInt(LETTERS.length)];
    }
  }

  /** A copy for the vault, which wipes it. */
  SecretBytes toSecret() {
    return SecretBytes.takeOver(value.clone());
  }

  Digest digest() {
    return Digest.of(value);
  }

  boolean occursIn(byte[] bytes) {
    for (int i = 0; i <= bytes.length - LENGTH; i++) {
      if (bytes[i] == value[0] && Arrays.equals(bytes, i, i + LENGTH, value, 0, LENGTH)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a file below {@code directory} holds it. Empty ones are not opened: some are locks of
   * this process, which it would lose when it closed them.
   */
  boolean occursBelow(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      if (Files.size(file) > 0 && occursIn(Files.readAllBytes(file))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    Arrays.fill(value, (byte) 0);
  }

  @Override
  public String toString() {
    return "Needle[redacted]";
  }
}
