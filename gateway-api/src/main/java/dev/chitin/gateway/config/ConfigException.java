package dev.chitin.gateway.config;

import java.util.List;

/** A configuration that cannot be used, with everything that is wrong with it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<ConfigFault> faults;

  public ConfigException(List<ConfigFault> faults) {
    super(String.join("\n", faults.stream().map(ConfigFault::toString).toList()));
    this.faults = List.copyOf(faults);
  }

  static ConfigException of(ConfigNode.Place place, String key, String detail) {
    return new ConfigException(List.of(new ConfigFault(place.toString(), key, detail)));
  }

  /** What is wrong, in the order of the document; never empty. */
  public List<ConfigFault> faults() {
    return faults;
  }
}
