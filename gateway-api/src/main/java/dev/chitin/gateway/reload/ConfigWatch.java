package dev.chitin.gateway.reload;

import dev.chitin.bus.ChitinException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every {@value #PERIOD_MILLIS} ms whether the configuration's file is another one, and has
 * it read then. A file that was refused is looked at again when it changes.
 */
public final class ConfigWatch implements AutoCloseable {
  static final long PERIOD_MILLIS = 2_000;

  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);

  private final Vertx vertx;
  private final Path file;
  private final ConfigReload reload;
  private final long timer;

  /** What changed while the gateway started is looked at as well: nothing was seen before. */
  private volatile String seen = "";

  public ConfigWatch(Vertx vertx, Path file, ConfigReload reload) {
    this.vertx = vertx;
    this.file = file;
    this.reload = reload;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> look());
  }

  private void look() {
    vertx
        .executeBlocking(
            () -> {
              compare();
              return null;
            })
        .onFailure(failure -> LOG.error("the configuration's file was not looked at", failure));
  }

  private void compare() {
    String now = state(file);
    if (now.equals(seen)) {
      return;
    }
    seen = now;
    try {
      reload.run("file");
    } catch (ChitinException refused) {
      LOG.debug("refused", refused); // It has said so itself.
    }
  }

  /** What tells one state of the file from another, without reading it. */
  private static String state(Path file) {
    try {
      var attributes = Files.readAttributes(file, PosixFileAttributes.class);
      return attributes.lastModifiedTime().toInstant()
          + " "
          + attributes.size()
          + " "
          + attributes.fileKey()
          + " "
          + PosixFilePermissions.toString(attributes.permissions());
    } catch (IOException gone) {
      return "none";
    }
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
