package dev.chitin.bus.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers against RFC 8785 and ECMA-262. */
class EcmaNumberTest {
  /** Samples of RFC 8785 appendix B as IEEE-754 bits, and others known for wrong answers. */
  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0",
    "8000000000000000, 0",
    "0000000000000001, 5e-324",
    "8000000000000001, -5e-324",
    "0000000000000002, 1e-323",
    "7fefffffffffffff, 1.7976931348623157e+308",
    "ffefffffffffffff, -1.7976931348623157e+308",
    "4340000000000000, 9007199254740992",
    "c340000000000000, -9007199254740992",
    "4430000000000000, 295147905179352830000",
    "44b52d02c7e14af5, 9.999999999999997e+22",
    "44b52d02c7e14af6, 1e+23",
    "44b52d02c7e14af7, 1.0000000000000001e+23",
    "444b1ae4d6e2ef4e, 999999999999999700000",
    "444b1ae4d6e2ef4f, 999999999999999900000",
    "444b1ae4d6e2ef50, 1e+21",
    "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d, 0.000001",
    "3e7ad7f29abcaf48, 1e-7",
    "41b3de4355555553, 333333333.3333332",
    "41b3de4355555554, 333333333.33333325",
    "41b3de4355555555, 333333333.3333333",
    "41b3de4355555556, 333333333.3333334",
    "41b3de4355555557, 333333333.33333343",
    "becbf647612f3696, -0.0000033333333333333333",
    "43143ff3c1cb0959, 1424953923781206.2"
  })
  void numbersAreThoseOfEcmaScript(String bits, String expected) {
    double value = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));
    assertThat(EcmaNumber.text(value)).isEqualTo(expected);
  }

  @Test
  void everyDoubleReadsBackAsItself() throws JsonSyntaxException {
    var random = new Random(8785);
    for (int i = 0; i < 200_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        continue;
      }
      String text = EcmaNumber.text(value);
      assertThat(Double.parseDouble(text)).isEqualTo(value == 0 ? 0 : value);
      if (value != Math.rint(value)) {
        assertThat(CanonicalJson.string(StrictJson.parse(text.getBytes(UTF_8)))).isEqualTo(text);
      }
    }
  }

  @Test
  void noShorterDigitsReadBackAsTheSameSubnormal() {
    for (long bits = 1; bits < 5_000; bits++) {
      double value = Double.longBitsToDouble(bits);
      String digits = EcmaNumber.text(value).replaceAll("e.*", "").replace(".", "");
      for (int precision = 1; precision < digits.length(); precision++) {
        String shorter =
            new BigDecimal(value)
                .round(new MathContext(precision, RoundingMode.HALF_EVEN))
                .toString();
        assertThat(Double.parseDouble(shorter)).isNotEqualTo(value);
      }
    }
  }
}
