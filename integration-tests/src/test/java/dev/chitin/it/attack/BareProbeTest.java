package dev.chitin.it.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A probe that is not in a sandbox ends at once and has done nothing. */
@Isolated
class BareProbeTest {
  private record Ended(int exit, String said) {}

  private static Probe.Surroundings around(Path flag) throws IOException {
    return Probe.Surroundings.here(flag, 1, 1, "nobody");
  }

  private static List<Probe> probes() {
    return Catalogue.all().stream()
        .flatMap(one -> one.attack().tools().stream())
        .map(Attack.Tool::probe)
        .toList();
  }

  /** Runs it with little to break, should it not refuse after all: no more files, no CPU time. */
  private static Ended run(Path directory, List<String> line)
      throws IOException, InterruptedException {
    var limited =
        new ArrayList<String>(List.of("dash", "-c", "ulimit -f 0; ulimit -t 2; exec \"$@\"", "x"));
    limited.addAll(line);
    Process process =
        new ProcessBuilder(limited).directory(directory.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said;
    try (InputStream out = process.getInputStream()) {
      said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    return new Ended(process.waitFor(), said);
  }

  @Test
  void everyProbeRefusesToRunBare(@TempDir Path directory) throws Exception {
    Path probes = Files.createDirectory(directory.resolve("probes"));
    Path work = Files.createDirectory(directory.resolve("work"));
    Path flag = Files.writeString(directory.resolve("flag"), "flag");
    for (Probe probe : probes()) {
      probe.write(probes);
      List<String> line = probe.argv(probes, around(flag), "1");
      assertThat(run(work, line)).as(probe.name()).isEqualTo(new Ended(Probe.REFUSED, ""));
      if (!probe.perl().isEmpty()) {
        var perl = new ArrayList<>(line);
        perl.set(0, "perl");
        perl.set(1, probes.resolve(probe.name() + ".pl").toString());
        assertThat(run(work, perl)).as(probe.name()).isEqualTo(new Ended(Probe.REFUSED, ""));
      }
    }
    assertThat(Files.readString(flag)).isEqualTo("flag");
    try (Stream<Path> left = Files.list(work)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void theMarkerAloneIsNotEnough(@TempDir Path directory) throws Exception {
    Path probes = Files.createDirectory(directory.resolve("probes"));
    Path flag = Files.writeString(directory.resolve("flag"), "flag");
    Path marker = Files.writeString(directory.resolve("marker"), "marker");
    var harmless = Probe.shell("harmless", "echo ran\n");
    harmless.write(probes);
    // The marker is there each time; the pid namespace is the host's, and then another.
    var shared = sandbox(directory, marker);
    shared.addAll(harmless.argv(probes, around(flag), "1"));
    assertThat(run(directory, shared)).isEqualTo(new Ended(Probe.REFUSED, ""));
    var apart = sandbox(directory, marker);
    apart.add(1, "--unshare-pid");
    apart.addAll(harmless.argv(probes, around(flag), "1"));
    assertThat(run(directory, apart).said()).endsWith("ran\n");
  }

  private static List<String> sandbox(Path directory, Path marker) throws IOException {
    var line = new ArrayList<String>(List.of("/usr/bin/bwrap", "--ro-bind", "/usr", "/usr"));
    line.addAll(NaiveTarget.systemLinks("bin", "lib", "lib64"));
    line.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--die-with-parent"));
    line.addAll(List.of("--ro-bind", directory.toString(), directory.toString()));
    line.addAll(List.of("--ro-bind", marker.toString(), "/.chitin-sandbox", "--"));
    return line;
  }
}
