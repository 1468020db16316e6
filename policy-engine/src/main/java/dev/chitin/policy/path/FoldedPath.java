package dev.chitin.policy.path;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A path as components in the form in which denials compare: case-folded, composed, and without the
 * code points that a file system may ignore. Two names that any file system takes for one are equal
 * here, so folding can widen a denial and never an allowance.
 */
public final class FoldedPath {
  private final String[] components;

  private FoldedPath(String[] components) {
    this.components = components;
  }

  /** The folded form of an absolute or relative path. */
  public static FoldedPath of(String path) {
    List<String> plain = components(path);
    String[] folded = new String[plain.size()];
    for (int i = 0; i < folded.length; i++) {
      folded[i] = fold(plain.get(i));
    }
    return new FoldedPath(folded);
  }

  /** The non-empty components of {@code path}. */
  public static List<String> components(String path) {
    return Arrays.stream(path.split("/")).filter(component -> !component.isEmpty()).toList();
  }

  /** The folded form of one name. */
  public static String fold(String name) {
    boolean ascii = true;
    for (int i = 0; i < name.length() && ascii; i++) {
      ascii = name.charAt(i) < 0x80;
    }
    if (ascii) {
      return name.toLowerCase(Locale.ROOT);
    }
    StringBuilder visible = new StringBuilder(name.length());
    name.codePoints()
        .filter(c -> Character.getType(c) != Character.FORMAT && c != 0x034f)
        .forEach(visible::appendCodePoint);
    String composed = Normalizer.normalize(visible, Normalizer.Form.NFKC);
    String folded = composed.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    return Normalizer.normalize(folded, Normalizer.Form.NFC);
  }

  /** The component at {@code index}, folded. */
  public String component(int index) {
    return components[index];
  }

  public int length() {
    return components.length;
  }

  /** Whether this is {@code ancestor} or lies below it. */
  public boolean startsWith(FoldedPath ancestor) {
    return ancestor.components.length <= components.length && regionMatches(0, ancestor);
  }

  /** Whether {@code part} occurs as consecutive components at or after {@code from}. */
  public boolean contains(FoldedPath part, int from) {
    for (int i = from; i + part.components.length <= components.length; i++) {
      if (regionMatches(i, part)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a component at or after {@code from} begins with {@code prefix}, itself folded. */
  public boolean hasNameWithPrefix(String prefix, int from) {
    for (int i = from; i < components.length; i++) {
      if (components[i].startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  private boolean regionMatches(int from, FoldedPath part) {
    for (int i = 0; i < part.components.length; i++) {
      if (!components[from + i].equals(part.components[i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof FoldedPath other && Arrays.equals(components, other.components);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(components);
  }
}
