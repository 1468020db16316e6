package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Fd;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of one sandbox in the form that {@code bwrap --args} reads: strings that each end in
 * NUL, so that nothing in a path or value can become an option of its own. Holds the descriptors
 * that options name, and closes them.
 */
final class OptionList implements AutoCloseable {
  /** Number of the first descriptor in the child that an option may name; 0 to 6 are taken. */
  static final int FIRST_DESCRIPTOR = 7;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
  private final List<Fd> descriptors = new ArrayList<>();

  OptionList add(String... strings) {
    for (String string : strings) {
      if (string.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("an option holds NUL");
      }
      bytes.writeBytes(string.getBytes(StandardCharsets.UTF_8));
      bytes.write(0);
    }
    return this;
  }

  /** {@code --bind-fd} or {@code --ro-bind-fd}; takes over {@code source}. */
  void bind(Fd source, String target, boolean writable) {
    descriptors.add(source);
    int number = FIRST_DESCRIPTOR + descriptors.size() - 1;
    add(writable ? "--bind-fd" : "--ro-bind-fd", Integer.toString(number), target);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  /** In the order of their numbers in the child, from {@link #FIRST_DESCRIPTOR} on. */
  List<Fd> descriptors() {
    return descriptors;
  }

  @Override
  public void close() {
    descriptors.forEach(Fd::close);
  }
}
