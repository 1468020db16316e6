package dev.chitin.it.bench;

import dev.chitin.bus.json.JsonValue;
import java.util.Locale;

/**
 * One measured row.
 *
 * @param name what was measured
 * @param ours our figure
 * @param reference the figure of the reference in the same run
 * @param unit of both
 * @param referenceName what the reference is
 * @param target what the design asks of the ratio, in words
 * @param note more figures of the same run, or empty
 */
record Row(
    String name,
    double ours,
    double reference,
    String unit,
    String referenceName,
    String target,
    String note) {

  double ratio() {
    return ours / reference;
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "| %s | %,.1f | %,.1f | %s | %.2f | %s | %s | %s |",
        name,
        ours,
        reference,
        unit,
        ratio(),
        target,
        referenceName,
        note);
  }

  JsonValue json() {
    return JsonValue.object()
        .put("name", name)
        .put("ours", new JsonValue.Real(odd(ours)))
        .put("reference", new JsonValue.Real(odd(reference)))
        .put("unit", unit)
        .put("ratio", new JsonValue.Real(odd(ratio())))
        .put("target", target)
        .put("referenceName", referenceName)
        .put("note", note)
        .build();
  }

  /** Rounded to what a measurement can mean. */
  private static double odd(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }
}
