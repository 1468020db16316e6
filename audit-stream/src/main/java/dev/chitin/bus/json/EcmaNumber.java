package dev.chitin.bus.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Finite numbers as ECMAScript writes them, which is how RFC 8785 section 3.2.2.3 has them. */
final class EcmaNumber {
  private EcmaNumber() {}

  /** The ECMAScript form of a finite number (ECMA-262, Number::toString, radix 10). */
  static String text(double value) {
    if (value == 0) {
      return "0";
    }
    if (value < 0) {
      return "-" + text(-value);
    }
    BigDecimal shortest = shortest(value);
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - shortest.scale();
    if (exponent > 21 || exponent < -5) {
      int power = exponent - 1;
      return digits.charAt(0)
          + (digits.length() > 1 ? "." + digits.substring(1) : "")
          + "e"
          + (power < 0 ? "-" : "+")
          + Math.abs(power);
    }
    if (exponent <= 0) {
      return "0." + "0".repeat(-exponent) + digits;
    }
    if (exponent >= digits.length()) {
      return digits + "0".repeat(exponent - digits.length());
    }
    return digits.substring(0, exponent) + "." + digits.substring(exponent);
  }

  /**
   * The shortest decimal that reads back as {@code value}. {@link Double#toString} gives it but for
   * its rule to keep at least two digits, which matters for a few subnormals.
   */
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      BigDecimal rounded = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return rounded.stripTrailingZeros();
      }
    }
    return decimal;
  }
}
