package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs the verifier in Perl and openssl, which shares no code with the log. */
final class IndependentVerifier {
  private final Path script;

  IndependentVerifier(Path temp) throws IOException {
    script = temp.resolve("verify-log.pl");
    try (InputStream in =
        Objects.requireNonNull(IndependentVerifier.class.getResourceAsStream("verify-log.pl"))) {
      Files.copy(in, script);
    }
  }

  /**
   * What it said.
   *
   * @param exit 0 accepted, 6 rejected
   */
  record Verdict(int exit, String said) {}

  Verdict verify(Path export, String key, @Nullable Path since)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("perl", script.toString(), export.toString(), key));
    if (since != null) {
      line.add(since.toString());
    }
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    assertThat(exit).as(said).isIn(0, 6);
    return new Verdict(exit, said);
  }
}
