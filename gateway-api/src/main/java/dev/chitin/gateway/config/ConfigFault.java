package dev.chitin.gateway.config;

/**
 * One thing that is wrong with a configuration.
 *
 * @param place where, as {@code file:line:column}
 * @param key dotted name of the key concerned, maybe empty
 * @param detail what is wrong and what to do
 */
public record ConfigFault(String place, String key, String detail) {
  @Override
  public String toString() {
    return place + ": " + (key.isEmpty() ? "" : key + " ") + detail;
  }
}
