package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a gateway keeps what is its own.
 *
 * @param root {@code $CHITIN_HOME}, else {@code ~/.chitin}; absolute
 * @param userHome what {@code ~} stands for: {@code $HOME} if that is absolute, else the user's
 *     home as the system knows it; absolute
 */
public record ChitinHome(Path root, Path userHome) {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** The home that the environment names. */
  public static ChitinHome of(Map<String, String> environment) {
    Path user = userHome(environment.get("HOME"));
    String named = environment.get("CHITIN_HOME");
    Path root = named == null || named.isEmpty() ? user.resolve(".chitin") : Path.of(named);
    return new ChitinHome(root.toAbsolutePath().normalize(), user);
  }

  /** As a shell expands {@code ~}: {@code $HOME}, else what the system knows of the user. */
  private static Path userHome(@Nullable String home) {
    Path user = home == null || !home.startsWith("/") ? systemHome() : Path.of(home);
    return user.normalize();
  }

  private static Path systemHome() {
    return Path.of(System.getProperty("user.home")).toAbsolutePath();
  }

  public Path configuration() {
    return root.resolve("chitin.json5");
  }

  public Path workspace() {
    return root.resolve("workspace");
  }

  public Path audit() {
    return root.resolve("audit");
  }

  public Path vault() {
    return root.resolve("vault");
  }

  public Path run() {
    return root.resolve("run");
  }

  public Path adminSocket() {
    return run().resolve("admin.sock");
  }

  /** {@code text} with a leading {@code ~} or {@code ~/} expanded. */
  public Path expand(String text) {
    if (text.equals("~")) {
      return userHome;
    }
    return text.startsWith("~/")
        ? userHome.resolve(text.substring(2)).normalize()
        : Path.of(text).toAbsolutePath().normalize();
  }

  /**
   * Makes the directories, each for this user alone.
   *
   * @throws dev.chitin.bus.ChitinException when one cannot be made or is open to others
   */
  public ChitinHome prepare() {
    for (Path directory : new Path[] {root, workspace(), audit(), run()}) {
      makePrivate(directory);
    }
    return this;
  }

  private static void makePrivate(Path directory) {
    try {
      if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.setPosixFilePermissions(directory, PRIVATE);
      } else {
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
      }
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "The directory " + directory + " cannot be made or is not this user's.")
          .withHint("Set CHITIN_HOME to a directory that this user owns.")
          .toException(e);
    }
  }
}
