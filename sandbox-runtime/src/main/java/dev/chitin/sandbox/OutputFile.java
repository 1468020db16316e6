package dev.chitin.sandbox;

import dev.chitin.bus.Bytes;
import java.util.List;

/** What became of one declared output of a run. */
public sealed interface OutputFile {
  /** The name under which the tool declares it. */
  String name();

  /** Whether the run cannot be called a success because of it. */
  boolean failed();

  /** One line for each that failed, for the notes of an outcome. */
  static List<String> faults(List<OutputFile> files) {
    return files.stream()
        .filter(OutputFile::failed)
        .map(file -> (Refused) file)
        .map(file -> "output " + file.name() + " " + file.reason())
        .toList();
  }

  /**
   * It was read.
   *
   * @param bytes all of the file, at most what the tool declares
   */
  record Content(String name, Bytes bytes) implements OutputFile {
    @Override
    public boolean failed() {
      return false;
    }
  }

  /**
   * There is nothing to give.
   *
   * @param reason what is wrong with the file, {@code is a FIFO} say
   * @param failed false only for one that is missing and need not be there
   */
  record Refused(String name, String reason, boolean failed) implements OutputFile {}
}
