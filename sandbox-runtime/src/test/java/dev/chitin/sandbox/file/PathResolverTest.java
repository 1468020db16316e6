package dev.chitin.sandbox.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.policy.Invocation.FileTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathResolverTest {
  private final PathResolver resolver = new PathResolver();
  private Path base;
  private Path root;

  @BeforeEach
  void directories(@TempDir Path directory) throws IOException {
    base = directory.toRealPath();
    root = Files.createDirectory(base.resolve("root"));
    Files.createDirectory(base.resolve("root-evil"));
    Files.writeString(root.resolve("f"), "x");
  }

  private FileTarget resolve(String path) {
    return resolver.resolve(path, List.of(root.toString()));
  }

  @Test
  void aPlainPathIsItself() throws IOException {
    FileTarget target = resolve(root + "/f");
    assertThat(target.resolved()).isEqualTo(root + "/f");
    assertThat(target.root()).isEqualTo(root.toString());
    assertThat(target.exists()).isTrue();
    assertThat(target.rootIdentity())
        .isEqualTo(
            Files.getAttribute(root, "unix:dev") + ":" + Files.getAttribute(root, "unix:ino"));
  }

  @Test
  void aNeighbourWhoseNameBeginsAlikeIsNotInTheRoot() {
    assertThat(resolve(base + "/root-evil/x").root()).isEmpty();
  }

  @Test
  void linksAreFollowedWhereverTheyLead() throws IOException {
    Files.createSymbolicLink(root.resolve("out"), Path.of("/etc"));
    Files.createSymbolicLink(root.resolve("up"), Path.of("../root-evil"));
    Files.createSymbolicLink(root.resolve("in"), Path.of("up/../root/./f"));
    assertThat(resolve(root + "/out/passwd").resolved()).isEqualTo("/etc/passwd");
    assertThat(resolve(root + "/out/passwd").root()).isEmpty();
    assertThat(resolve(root + "/up/new").resolved()).isEqualTo(base + "/root-evil/new");
    assertThat(resolve(root + "/up/new").root()).isEmpty();
    assertThat(resolve(root + "/in").resolved()).isEqualTo(root + "/f");
    assertThat(resolve(root + "/in").root()).isEqualTo(root.toString());
  }

  @Test
  void aDanglingLinkLeadsToWhereItPoints() throws IOException {
    Files.createSymbolicLink(root.resolve("dangling"), base.resolve("root-evil/absent"));
    FileTarget target = resolve(root + "/dangling");
    assertThat(target.resolved()).isEqualTo(base + "/root-evil/absent");
    assertThat(target.exists()).isFalse();
    assertThat(target.root()).isEmpty();
  }

  @Test
  void whatIsAbsentIsNamedBelowWhatIsThere() {
    FileTarget target = resolve(root + "/a/b/c");
    assertThat(target.resolved()).isEqualTo(root + "/a/b/c");
    assertThat(target.exists()).isFalse();
    assertThat(resolve(root + "/f/below").exists()).isFalse();
  }

  @Test
  void aLoopOfLinksEnds() throws IOException {
    Files.createSymbolicLink(root.resolve("a"), Path.of("b"));
    Files.createSymbolicLink(root.resolve("b"), Path.of("a"));
    assertThatThrownBy(() -> resolve(root + "/a"))
        .hasMessageContaining("more than 40 symbolic links");
  }

  @Test
  void linksThatMultiplyEnd() throws IOException {
    Path last = root.resolve("f");
    for (int i = 0; i < 30; i++) {
      Path link = root.resolve("l" + i);
      Files.createSymbolicLink(link, Path.of("../root/../root/" + last.getFileName()));
      last = link;
    }
    assertThat(resolve(last.toString()).resolved()).isEqualTo(root + "/f");
  }

  @Test
  void theInnermostRootIsTaken() throws IOException {
    Path inner = Files.createDirectory(root.resolve("inner"));
    FileTarget target = resolver.resolve(inner + "/x", List.of(root.toString(), inner.toString()));
    assertThat(target.root()).isEqualTo(inner.toString());
  }
}
