package dev.chitin.policy.host;

import java.util.Arrays;
import java.util.Optional;

/**
 * Reads and writes IP addresses in their canonical spellings: dotted quads without leading zeros,
 * IPv6 by RFC 4291 section 2.2 without a zone, written by RFC 5952.
 */
public final class IpLiteral {
  private IpLiteral() {}

  /** The 4 bytes of a canonical dotted quad. */
  public static Optional<byte[]> parseV4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return Optional.empty();
    }
    byte[] address = new byte[4];
    for (int i = 0; i < 4; i++) {
      int octet = octet(parts[i]);
      if (octet < 0) {
        return Optional.empty();
      }
      address[i] = (byte) octet;
    }
    return Optional.of(address);
  }

  private static int octet(String text) {
    if (text.isEmpty() || text.length() > 3 || (text.length() > 1 && text.charAt(0) == '0')) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value <= 255 ? value : -1;
  }

  /** The 16 bytes of an IPv6 address without brackets and zone. */
  public static Optional<byte[]> parseV6(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return Optional.empty();
    }
    int[] groups = new int[8];
    if (gap < 0) {
      return groups(text, groups) == 8 ? Optional.of(bytes(groups)) : Optional.empty();
    }
    int[] tail = new int[8];
    int before = gap == 0 ? 0 : groups(text.substring(0, gap), groups);
    String after = text.substring(gap + 2);
    int behind = after.isEmpty() ? 0 : groups(after, tail);
    if (before < 0 || behind < 0 || before + behind > 7 || text.substring(0, gap).contains(".")) {
      return Optional.empty();
    }
    Arrays.fill(groups, before, 8, 0);
    System.arraycopy(tail, 0, groups, 8 - behind, behind);
    return Optional.of(bytes(groups));
  }

  /** How many groups {@code text} holds, or -1; the last may be a dotted quad, which counts two. */
  private static int groups(String text, int[] into) {
    String[] parts = text.split(":", -1);
    int count = 0;
    for (int i = 0; i < parts.length; i++) {
      if (i == parts.length - 1 && parts[i].indexOf('.') >= 0) {
        Optional<byte[]> quad = parseV4(parts[i]);
        if (quad.isEmpty() || count > 6) {
          return -1;
        }
        byte[] v4 = quad.get();
        into[count++] = ((v4[0] & 255) << 8) | (v4[1] & 255);
        into[count++] = ((v4[2] & 255) << 8) | (v4[3] & 255);
      } else {
        int group = group(parts[i]);
        if (group < 0 || count > 7) {
          return -1;
        }
        into[count++] = group;
      }
    }
    return count;
  }

  private static int group(String text) {
    if (text.isEmpty() || text.length() > 4) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return -1;
      }
      value = (value << 4) | digit;
    }
    return value;
  }

  private static byte[] bytes(int[] groups) {
    byte[] address = new byte[16];
    for (int i = 0; i < 8; i++) {
      address[2 * i] = (byte) (groups[i] >> 8);
      address[2 * i + 1] = (byte) groups[i];
    }
    return address;
  }

  /** The canonical text of 4 or 16 bytes; IPv6 without brackets. */
  public static String format(byte[] address) {
    if (address.length == 4) {
      return (address[0] & 255)
          + "."
          + (address[1] & 255)
          + "."
          + (address[2] & 255)
          + "."
          + (address[3] & 255);
    }
    int start = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int run = 0;
      while (i + run < 8 && group(address, i + run) == 0) {
        run++;
      }
      if (run > length) {
        start = i;
        length = run;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == start) {
        text.append("::");
        i += length - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(group(address, i)));
    }
    return text.toString();
  }

  private static int group(byte[] address, int index) {
    return ((address[2 * index] & 255) << 8) | (address[2 * index + 1] & 255);
  }
}
