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
  private final int firstDescriptor;
  private final List<String> options = new ArrayList<>(128);
  private final List<Fd> descriptors = new ArrayList<>();

  /**
   * @param firstDescriptor number of the first descriptor in the child that an option may name
   */
  OptionList(int firstDescriptor) {
    this.firstDescriptor = firstDescriptor;
  }

  OptionList add(String... strings) {
    return add(List.of(strings));
  }

  OptionList add(List<String> strings) {
    for (String string : strings) {
      if (string.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("an option holds NUL");
      }
      options.add(string);
    }
    return this;
  }

  /** {@code --bind-fd} or {@code --ro-bind-fd}; takes over {@code source}. */
  void bind(Fd source, String target, boolean writable) {
    descriptors.add(source);
    int number = firstDescriptor + descriptors.size() - 1;
    add(writable ? "--bind-fd" : "--ro-bind-fd", Integer.toString(number), target);
  }

  /** Those added since there were {@code from} of them. */
  List<String> since(int from) {
    return List.copyOf(options.subList(from, options.size()));
  }

  int size() {
    return options.size();
  }

  byte[] toBytes() {
    var bytes = new ByteArrayOutputStream(4096);
    for (String option : options) {
      bytes.writeBytes(option.getBytes(StandardCharsets.UTF_8));
      bytes.write(0);
    }
    return bytes.toByteArray();
  }

  /** In the order of their numbers in the child, from the first on. */
  List<Fd> descriptors() {
    return descriptors;
  }

  @Override
  public void close() {
    descriptors.forEach(Fd::close);
  }
}
