package dev.chitin.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The test data that lies beside the repository. */
final class Corpora {
  private Corpora() {}

  static List<String> lines(String file) throws IOException {
    Path path = Path.of(System.getProperty("chitin.root", ".")).resolve("../shared/corpora", file);
    Assumptions.assumeTrue(Files.exists(path), "the corpus " + file + " is not here");
    List<String> lines = Files.readAllLines(path);
    if (lines.size() < 100) {
      throw new IllegalStateException(file + " is not whole");
    }
    return lines;
  }
}
