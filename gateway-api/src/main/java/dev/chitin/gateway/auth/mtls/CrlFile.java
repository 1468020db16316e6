package dev.chitin.gateway.auth.mtls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CRLException;

/** Lists of revoked certificates in a file. */
record CrlFile(Path file) implements CrlSource {
  private static final int MOST_BYTES = 16 << 20;

  @Override
  public byte[] read() throws IOException, CRLException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new CRLException("it is no regular file"); // A pipe would keep the reader for good.
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new CRLException("it is larger than 16 MiB");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw new CRLException("it does not exist", e);
    } catch (AccessDeniedException e) {
      throw new CRLException("it may not be read by this user", e);
    }
  }

  @Override
  public String place() {
    return file.toString();
  }
}
