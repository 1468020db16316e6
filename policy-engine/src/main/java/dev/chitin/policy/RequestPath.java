package dev.chitin.policy;

import dev.chitin.bus.ProblemCode;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Gives the one canonical spelling of a path that a caller asks for, or refuses it.
 *
 * <p>Nothing is decoded and nothing is repaired: a spelling that two programs could read as two
 * files is a refusal. No file is looked at; links are the planner's to resolve.
 */
public final class RequestPath {
  /** Longest path, UTF-8 bytes (PATH_MAX of Linux). */
  public static final int MAX_BYTES = 4_096;

  /** Longest component, UTF-8 bytes (NAME_MAX of Linux). */
  public static final int MAX_COMPONENT_BYTES = 255;

  private static final Pattern VARIABLE = Pattern.compile("\\$[A-Za-z_{(]");
  private static final Pattern WINDOWS_DEVICE =
      Pattern.compile(
          "(con|prn|aux|nul|conin\\$|conout\\$|com[0-9¹²³]|lpt[0-9¹²³])(\\..*)?",
          Pattern.CASE_INSENSITIVE);

  /** Code points that look like {@code / . \} and that NFKC leaves alone. */
  private static final String LOOKALIKES = "\u2044\u2215\u2216\u29f5\u29f8\u29f9\u2571\u2572\u3002";

  private RequestPath() {}

  /**
   * The canonical absolute form of {@code raw}.
   *
   * @param raw the argument as the JSON string held it
   * @param home what {@code ~} stands for, absolute and canonical
   * @param base what a relative path is relative to, absolute and canonical
   * @throws dev.chitin.bus.ChitinException.Denied {@code policy.path_denied} with a rule {@code
   *     path.<what>}
   */
  public static String canonical(String raw, String home, String base) {
    checkCharacters(raw);
    checkExpansions(raw);
    boolean fromHome = raw.equals("~") || raw.startsWith("~/");
    List<String> components = new ArrayList<>();
    addComponents(fromHome ? raw.substring(1) : raw, components);
    String joined = "/" + String.join("/", components);
    if (!fromHome && raw.startsWith("/")) {
      return finished(joined);
    }
    String start = fromHome ? home : base;
    if (components.isEmpty()) {
      return finished(start);
    }
    return finished(start.equals("/") ? joined : start + joined);
  }

  private static void checkCharacters(String raw) {
    if (raw.isEmpty()) {
      throw denied("path.empty", "The path is empty.", "Give a file or directory.");
    }
    if (raw.length() > MAX_BYTES) {
      throw tooLong();
    }
    boolean ascii = true;
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      ascii &= c < 0x80;
      if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029) {
        throw denied("path.control_character", "The path holds a control character.", "Remove it.");
      }
      if (c == '\\') {
        throw denied(
            "path.backslash", "The path holds a backslash.", "Separate components with /.");
      }
    }
    if (!ascii) {
      checkUnicode(raw);
    }
  }

  private static void checkUnicode(String raw) {
    for (int i = 0; i < raw.length(); ) {
      int c = raw.codePointAt(i);
      i += Character.charCount(c);
      if (c >= 0xd800 && c <= 0xdfff) {
        throw denied(
            "path.lone_surrogate", "The path is not valid Unicode.", "Send valid Unicode.");
      }
      if (isBidiControl(c)) {
        throw denied("path.bidi_control", "The path holds a text direction control.", "Remove it.");
      }
      if (c >= 0x80 && looksLikeSyntax(c)) {
        throw denied(
            "path.lookalike",
            String.format("The path holds U+%04X, which looks like path syntax.", c),
            "Use the ASCII character, or another name.");
      }
    }
    if (!Normalizer.isNormalized(raw, Normalizer.Form.NFC)) {
      throw denied(
          "path.not_nfc",
          "The path is not in Unicode normalization form C.",
          "Normalize it to NFC before sending.");
    }
  }

  private static boolean isBidiControl(int c) {
    return c == 0x61c
        || c == 0x200e
        || c == 0x200f
        || (c >= 0x202a && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069);
  }

  private static boolean looksLikeSyntax(int c) {
    if (LOOKALIKES.indexOf(c) >= 0) {
      return true;
    }
    String folded = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC);
    return folded.indexOf('/') >= 0 || folded.indexOf('.') >= 0 || folded.indexOf('\\') >= 0;
  }

  private static void checkExpansions(String raw) {
    if (raw.startsWith("~") && raw.length() > 1 && raw.charAt(1) != '/') {
      throw denied(
          "path.user_home", "The path begins with another user's ~.", "Write ~/… or ./~….");
    }
    if (VARIABLE.matcher(raw).find()) {
      throw denied(
          "path.variable",
          "The path holds what a shell would expand.",
          "Nothing is expanded here: write the path itself.");
    }
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '*' || c == '?' || c == '[') {
        throw denied(
            "path.glob",
            "The path holds the wildcard '" + c + "'.",
            "Nothing is expanded here: name one file or directory.");
      }
    }
  }

  private static void addComponents(String raw, List<String> components) {
    for (int start = 0, end; start <= raw.length(); start = end + 1) {
      end = raw.indexOf('/', start);
      end = end < 0 ? raw.length() : end;
      String component = raw.substring(start, end);
      if (!component.isEmpty() && !component.equals(".")) {
        checkComponent(component);
        components.add(component);
      }
    }
  }

  private static void checkComponent(String component) {
    if (component.equals("..")) {
      throw denied(
          "path.parent_component",
          "The path has a '..' component.",
          "Write the path without '..'.");
    }
    if (utf8Length(component) > MAX_COMPONENT_BYTES) {
      throw denied(
          "path.component_too_long",
          "A component is longer than " + MAX_COMPONENT_BYTES + " bytes.",
          "Use a shorter name.");
    }
    char last = component.charAt(component.length() - 1);
    if (component.indexOf(':') >= 0
        || last == '.'
        || last == ' '
        || WINDOWS_DEVICE.matcher(component).matches()) {
      throw denied(
          "path.windows_shape",
          "A component is a drive, device, stream or trailing-dot name of Windows.",
          "Use a name without ':', without a dot or space at its end, and not a device name.");
    }
  }

  private static String finished(String path) {
    if (utf8Length(path) > MAX_BYTES) {
      throw tooLong();
    }
    int end = path.indexOf('/', 1);
    String root = (end < 0 ? path : path.substring(0, end)).toLowerCase(Locale.ROOT);
    if (root.equals("/proc") || root.equals("/sys") || root.equals("/dev")) {
      throw denied(
          "path.magic_root", "Paths below /proc, /sys and /dev are no files.", "Name a real file.");
    }
    return path;
  }

  private static int utf8Length(String text) {
    return text.length() * 3 <= MAX_COMPONENT_BYTES
        ? text.length()
        : text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static RuntimeException tooLong() {
    return denied(
        "path.too_long", "The path is longer than " + MAX_BYTES + " bytes.", "Use a shorter path.");
  }

  private static RuntimeException denied(String rule, String detail, String hint) {
    return new Denial(ProblemCode.POLICY_PATH_DENIED, rule, detail, hint).toException();
  }
}
