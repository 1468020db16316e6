package dev.chitin.vault.unlock;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HexFormat;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;

/**
 * The program of the process that derives: a passphrase (UTF-8) on stdin, 32 bytes on stdout. It
 * does nothing else and ends, and its heap, on which the passphrase and Argon2's memory lie, ends
 * with it. Arguments are the public parameters: memory in KiB, passes, lanes, salt in hex.
 */
final class Argon2Child {
  static final int MAX_PASSPHRASE = 1_024;
  static final int INVALID_TEXT = 3;

  private Argon2Child() {}

  public static void main(String[] args) throws IOException {
    var parameters =
        new org.bouncycastle.crypto.params.Argon2Parameters.Builder(
                org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_id)
            .withVersion(org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(Integer.parseInt(args[0]))
            .withIterations(Integer.parseInt(args[1]))
            .withParallelism(Integer.parseInt(args[2]))
            .withSalt(HexFormat.of().parseHex(args[3]))
            .build();
    byte[] read;
    try (InputStream in = new FileInputStream(FileDescriptor.in)) {
      read = in.readNBytes(MAX_PASSPHRASE);
    }
    byte[] key = new byte[32];
    try {
      var generator = new Argon2BytesGenerator();
      generator.init(parameters);
      generator.generateBytes(normalized(read), key);
    } catch (CharacterCodingException e) {
      System.exit(INVALID_TEXT);
    }
    try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
      out.write(key);
    }
  }

  /** Unicode normalization form C, so that two ways to type one passphrase give one key. */
  static byte[] normalized(byte[] utf8) throws CharacterCodingException {
    CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
    return Normalizer.normalize(text, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
  }
}
