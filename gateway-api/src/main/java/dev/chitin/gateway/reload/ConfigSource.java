package dev.chitin.gateway.reload;

import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a gateway's configuration came from, and what it was.
 *
 * @param file the file, which need not be there
 * @param environment the process's environment, which overrides it
 * @param loaded what the gateway was started with
 */
public record ConfigSource(Path file, Map<String, String> environment, Configuration loaded) {
  public ConfigSource {
    environment = Map.copyOf(environment);
  }

  /** Reads it again. */
  Configuration load() throws ConfigException {
    return Configuration.load(file, environment);
  }
}
