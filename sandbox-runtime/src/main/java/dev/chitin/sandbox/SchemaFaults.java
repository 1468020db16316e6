package dev.chitin.sandbox;

import dev.chitin.bus.Problem.FieldError;
import io.vertx.json.schema.OutputUnit;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The faults that a schema validator found (JSON Schema 2020-12, Core section 12, output format
 * "basic"), without those that only say that something within them is at fault.
 */
final class SchemaFaults {
  /** These say more than what is below them: which alternative was meant is not known. */
  private static final Set<String> ALTERNATIVES = Set.of("anyOf", "oneOf", "not", "if");

  private static final String ADDITIONAL = "/additionalProperties";

  private final List<OutputUnit> all;

  private SchemaFaults(List<OutputUnit> all) {
    this.all = all;
  }

  /** The faults of {@code arguments}, in the order in which they were found. */
  static List<FieldError> of(OutputUnit found) {
    var faults = new SchemaFaults(Objects.requireNonNullElse(found.getErrors(), List.of()));
    return faults.all.stream()
        .filter(faults::isOneOfItsOwn)
        .map(SchemaFaults::told)
        .distinct()
        .toList();
  }

  private boolean isOneOfItsOwn(OutputUnit fault) {
    String keyword = fault.getKeywordLocation();
    if (keyword.endsWith(ADDITIONAL)) {
      String declared =
          keyword.substring(0, keyword.length() - ADDITIONAL.length()) + "/properties";
      return !hasFault(declared, fault.getInstanceLocation()) && !hasFaultWithin(keyword);
    }
    return ALTERNATIVES.contains(keyword.substring(keyword.lastIndexOf('/') + 1))
        || !hasFaultWithin(keyword);
  }

  private boolean hasFault(String keyword, String instance) {
    return all.stream()
        .anyMatch(
            other ->
                other.getKeywordLocation().equals(keyword)
                    && other.getInstanceLocation().equals(instance));
  }

  private boolean hasFaultWithin(String keyword) {
    return all.stream().anyMatch(other -> other.getKeywordLocation().startsWith(keyword + "/"));
  }

  private static FieldError told(OutputUnit fault) {
    String place = fault.getInstanceLocation();
    return new FieldError(
        "/arguments" + (place.startsWith("#") ? place.substring(1) : ""),
        fault.getKeywordLocation().endsWith(ADDITIONAL)
            ? "the schema has no such member"
            : Objects.requireNonNullElse(fault.getError(), "does not fit").replace("( + ", "("));
  }
}
