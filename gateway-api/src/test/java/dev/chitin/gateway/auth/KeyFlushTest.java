package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.chitin.gateway.logging.LoggedLines;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFlushTest {
  private final Vertx vertx = Vertx.vertx();
  private final LoggedLines logged = LoggedLines.of(KeyFlush.class, "keys.json");
  @TempDir private Path directory = Path.of("");

  @AfterEach
  void stop() {
    logged.close();
    vertx.close().await();
  }

  private void allow(String permissions) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void aRevocationIsWrittenOnceTheDiskTakesItAndWhatIsWrongIsToldOnce() throws IOException {
    try (KeyStore keys = KeyStore.open(directory);
        var flush = new KeyFlush(vertx, keys)) {
      CreatedKey key = keys.keep(keys.draft(KeySpec.of("default", "holder", Role.AGENT)));
      flush.flush().await();
      allow("r-x------");
      keys.revoke(key.id());
      flush.flush().await();
      flush.flush().await();
      assertThat(logged.messages()).hasSize(1);
      assertThat(logged.messages(Level.ERROR))
          .singleElement()
          .asString()
          .contains("refused from now on", "keys.json", "after a restart");
      allow("rwx------");
      flush.flush().await();
      flush.flush().await();
      assertThat(logged.messages(Level.INFO)).containsExactly("keys.json has all that holds again");
      assertThat(Files.readString(directory.resolve("keys.json"))).doesNotContain(key.id());
    }
  }
}
