package dev.chitin.audit.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLockTest {
  @TempDir Path home;

  /** Another process that has the lock, until its standard input ends. */
  static final class Holder {
    private Holder() {}

    /**
     * Takes the lock.
     *
     * @param arguments the directory, and {@code drop} to read the file of the lock, as somebody in
     *     the process may who reads all files
     */
    public static void main(String... arguments) throws IOException {
      var directory = new LogDirectory(Path.of(arguments[0]));
      try (DirectoryLock lock = DirectoryLock.take(directory)) {
        if (arguments[1].equals("drop")) {
          Files.readAllBytes(directory.lock());
        }
        System.out.println("held by " + Objects.requireNonNull(lock).getClass().getSimpleName());
        System.in.read();
      }
    }
  }

  private Process holder(String what) throws IOException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                home.toString(),
                what)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
    assertThat(said.readLine()).startsWith("held by ");
    return process;
  }

  private void assertHeldBy(Process process) {
    assertThatThrownBy(() -> DirectoryLock.take(new LogDirectory(home)))
        .isInstanceOf(ChitinException.class)
        .hasMessageContaining("is already open in process " + process.pid());
  }

  private void assertFree() throws IOException {
    try (DirectoryLock mine = DirectoryLock.take(new LogDirectory(home))) {
      assertThat(mine).isNotNull();
    }
  }

  @Test
  void anotherProcessIsKeptOutAndAKilledOneKeepsNobodyOut() throws Exception {
    Process process = holder("keep");
    assertHeldBy(process);
    process.destroyForcibly().waitFor();
    assertThat(Files.exists(new LogDirectory(home).owner())).isTrue();
    assertFree();
  }

  /** POSIX takes the lock from a process that closes the file, whoever in it opened it. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aProcessThatLostTheLockAndHasTheLogOpenStillKeepsOthersOut() throws Exception {
    Process process = holder("drop");
    assertHeldBy(process);
    assertHeldBy(process);
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
    assertFree();
  }
}
