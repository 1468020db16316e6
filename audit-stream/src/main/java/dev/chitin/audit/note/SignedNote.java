package dev.chitin.audit.note;

import dev.chitin.bus.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * A text with signatures (C2SP signed-note): lines, an empty line, then lines {@code — <name>
 * <base64(key id [4] ‖ signature)>}. What is signed is the text with its last line end.
 *
 * @param text each line ended by LF, no other control character, at least one line
 * @param signatures 1 to {@link #MAX_SIGNATURES}
 */
public record SignedNote(String text, List<Line> signatures) {
  /** Longest note, in bytes. */
  public static final int MAX_BYTES = 64 << 10;

  /** Most signature lines. */
  public static final int MAX_SIGNATURES = 64;

  private static final String DASH = "\u2014 ";

  /**
   * One signature line.
   *
   * @param name of the key
   * @param keyId see {@link VerifierKey#id()}
   * @param signature in the form of the key's type
   */
  public record Line(String name, int keyId, Bytes signature) {

    /** Reads one line, without its end. */
    public static Line parse(String line) throws NoteSyntaxException {
      int space = line.indexOf(' ', DASH.length());
      if (!line.startsWith(DASH) || space < 0 || space == DASH.length()) {
        throw new NoteSyntaxException("a signature line is a dash, a name and base64");
      }
      byte[] blob = base64(line.substring(space + 1));
      if (blob.length <= Integer.BYTES) {
        throw new NoteSyntaxException("a signature is longer than its key id");
      }
      Bytes signature = Bytes.adopt(Arrays.copyOfRange(blob, Integer.BYTES, blob.length));
      String name = line.substring(DASH.length(), space);
      if (name.indexOf('+') >= 0) {
        throw new NoteSyntaxException("a key's name has no +");
      }
      return new Line(name, ByteBuffer.wrap(blob).getInt(), signature);
    }

    /** The line of {@code key}, whose signature is in the form of its type. */
    public static Line of(VerifierKey key, byte[] signature) {
      return new Line(key.name(), key.id(), Bytes.copyOf(signature));
    }

    /** Whether it names {@code key}. */
    public boolean isBy(VerifierKey key) {
      return keyId == key.id() && name.equals(key.name());
    }

    @Override
    public String toString() {
      byte[] blob =
          ByteBuffer.allocate(Integer.BYTES + signature.length())
              .putInt(keyId)
              .put(signature.borrow())
              .array();
      return DASH + name + " " + Base64.getEncoder().encodeToString(blob);
    }
  }

  public SignedNote {
    signatures = List.copyOf(signatures);
  }

  /** The note with one signature. */
  public static SignedNote of(String text, VerifierKey key, byte[] signature) {
    return new SignedNote(text, List.of(Line.of(key, signature)));
  }

  /** The same with more signature lines. */
  public SignedNote with(List<Line> more) {
    var all = new ArrayList<Line>(signatures);
    all.addAll(more);
    return new SignedNote(text, all);
  }

  /** Reads a note; says nothing of its signatures. */
  public static SignedNote parse(byte[] note) throws NoteSyntaxException {
    if (note.length > MAX_BYTES) {
      throw new NoteSyntaxException("the note is longer than " + MAX_BYTES + " bytes");
    }
    String all = utf8(note);
    if (all.chars().anyMatch(c -> c < 0x20 && c != '\n')) {
      throw new NoteSyntaxException("the note holds a control character");
    }
    int border = all.lastIndexOf("\n\n");
    if (border < 1 || !all.endsWith("\n")) {
      throw new NoteSyntaxException("the note has no empty line before its signatures");
    }
    String[] lines = all.substring(border + 2).split("\n", -1);
    if (lines.length - 1 > MAX_SIGNATURES || lines.length < 2) {
      throw new NoteSyntaxException("the note has no or too many signatures");
    }
    var signatures = new ArrayList<Line>();
    for (String line : Arrays.asList(lines).subList(0, lines.length - 1)) {
      signatures.add(Line.parse(line));
    }
    return new SignedNote(all.substring(0, border + 1), signatures);
  }

  /**
   * Which of {@code keys} signed.
   *
   * @throws NoteSyntaxException when a line names one of them and its signature is wrong
   */
  public List<VerifierKey> signedBy(List<VerifierKey> keys) throws NoteSyntaxException {
    var signers = new ArrayList<VerifierKey>();
    byte[] message = text.getBytes(StandardCharsets.UTF_8);
    for (Line line : signatures) {
      for (VerifierKey key : keys) {
        if (line.isBy(key)) {
          if (!key.verifies(message, line.signature().borrow())) {
            throw new NoteSyntaxException("the signature of " + key.name() + " is wrong");
          }
          signers.add(key);
        }
      }
    }
    return signers;
  }

  /** The note as it is written. */
  public byte[] bytes() {
    return toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    var out = new StringBuilder(text).append('\n');
    signatures.forEach(line -> out.append(line).append('\n'));
    return out.toString();
  }

  static String utf8(byte[] bytes) throws NoteSyntaxException {
    try {
      return Objects.requireNonNull(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      throw new NoteSyntaxException("the note is not UTF-8");
    }
  }

  /** Strict base64: standard alphabet, padded, no spare bits. */
  static byte[] base64(String text) throws NoteSyntaxException {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw new NoteSyntaxException("not base64: " + e.getMessage());
    }
    throw new NoteSyntaxException("base64 in another form than the canonical one");
  }
}
