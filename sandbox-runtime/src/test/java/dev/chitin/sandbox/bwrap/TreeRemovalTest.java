package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.sandbox.nativeos.DirectoryEntries;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeRemovalTest {
  private Path directory;
  private Path tree;
  private Fd parent;

  @BeforeEach
  void open(@TempDir Path shared) throws IOException {
    directory = shared.toRealPath();
    tree = Files.createDirectory(directory.resolve("tree"));
    parent =
        Open.openat2(Open.AT_FDCWD, directory.toString(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS);
  }

  @AfterEach
  void close() {
    parent.close();
  }

  private Fd openTree() throws IOException {
    return Open.openat2(
        parent.number(), "tree", Open.O_PATH | Open.O_DIRECTORY, 0, Open.RESOLVE_BENEATH);
  }

  @Test
  void aTreeDeeperThanAnyPathGoes() throws IOException {
    Fd here = openTree();
    for (int i = 0; i < 3_000; i++) {
      DirectoryEntries.mkdirat(here, "d", 0700);
      Fd below =
          Open.openat2(here.number(), "d", Open.O_PATH | Open.O_DIRECTORY, 0, Open.RESOLVE_BENEATH);
      here.close();
      here = below;
    }
    here.close();
    var removal = new TreeRemoval(parent, "tree");
    assertThat(removal.step(10_000)).isTrue();
    assertThat(removal.entries()).isEqualTo(3_000);
    assertThat(tree).doesNotExist();
  }

  @Test
  void eachStepIsBoundedAndTheNextGoesOn() throws IOException {
    for (int i = 0; i < 50; i++) {
      Path below = Files.createDirectories(tree.resolve("a" + i + "/b/c"));
      for (int j = 0; j < 20; j++) {
        Files.writeString(below.resolve("f" + j), "x");
      }
    }
    var removal = new TreeRemoval(parent, "tree");
    long before = 0;
    while (!removal.step(100)) {
      assertThat(removal.entries() - before).isBetween(1L, 100L);
      before = removal.entries();
    }
    assertThat(removal.entries()).isEqualTo(50 * (3 + 20));
    assertThat(removal.bytes()).isPositive();
    assertThat(tree).doesNotExist();
  }

  @Test
  void linksAreRemovedAndNotFollowed() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "x");
    Files.createSymbolicLink(tree.resolve("l"), outside);
    Files.createSymbolicLink(tree.resolve("m"), Path.of("../outside/kept"));
    assertThat(new TreeRemoval(parent, "tree").step(100)).isTrue();
    assertThat(outside.resolve("kept")).exists();
    Files.createSymbolicLink(tree, outside);
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> new TreeRemoval(parent, "tree").step(100))
        .isInstanceOf(IOException.class);
    assertThat(outside.resolve("kept")).exists();
  }

  @Test
  void withoutPermissionsAndWithNamesThatAreNoTextItGoesToo() throws Exception {
    Path deep = Files.createDirectories(tree.resolve("a/b/c"));
    Files.writeString(deep.resolve("f"), "x");
    // A name that is no UTF-8: made by a shell, since Java has no word for it.
    Process process =
        new ProcessBuilder("/usr/bin/dash", "-c", "mkdir -p \"a/$(printf '\\377')/x\"")
            .directory(tree.toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    for (Path path : new Path[] {deep, deep.getParent(), tree.resolve("a"), tree}) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
    }
    assertThat(new TreeRemoval(parent, "tree").step(100)).isTrue();
    assertThat(Files.exists(tree)).isFalse();
  }

  @Test
  void whatIsNotThereIsGone() throws IOException {
    assertThat(new TreeRemoval(parent, "nothing").step(1)).isTrue();
  }
}
