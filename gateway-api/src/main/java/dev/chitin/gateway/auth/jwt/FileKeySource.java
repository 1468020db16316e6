package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Bytes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/** A set of keys in a file. */
final class FileKeySource implements KeySource {
  private final Vertx vertx;
  private final Path file;

  FileKeySource(Vertx vertx, Path file) {
    this.vertx = vertx;
    this.file = file;
  }

  @Override
  public Future<Bytes> read() {
    return vertx
        .executeBlocking(() -> Bytes.adopt(bytes(file)), false)
        .map(Objects::requireNonNull);
  }

  @Override
  public String place() {
    return file.toString();
  }

  /**
   * One byte more than may be, so that a file that is too large is seen as such. What is no file is
   * not opened: a pipe would keep the reader for good.
   */
  static byte[] bytes(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + " is no regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(JwkSet.MOST_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw new IOException(file + " does not exist", e);
    } catch (AccessDeniedException e) {
      throw new IOException(file + " may not be read by this user", e);
    } catch (IOException e) {
      throw new IOException(file + " cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }
}
