package dev.chitin.gateway.rate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
  private final List<String> over = new ArrayList<>();
  private final RateLimit limit = new RateLimit(60, 1);
  private final RateLimits limits =
      new RateLimits(
          stopped(limit.ofAddress()),
          stopped(limit.ofAddress()),
          stopped(limit),
          (tier, key, of) -> over.add(tier + " " + key));

  /** At an instant that does not pass. */
  private static LocalRateLimiter stopped(RateLimit limit) {
    return new LocalRateLimiter(limit, () -> 0L, 100);
  }

  @Test
  void oneSixtyFourIsOneAddress() {
    assertThat(RateLimits.network("2001:db8:1:2::1")).isEqualTo("2001:db8:1:2:0:0:0:0/64");
    assertThat(RateLimits.network("2001:db8:1:2:ffff::9"))
        .isEqualTo(RateLimits.network("2001:db8:1:2::1"));
    assertThat(RateLimits.network("2001:db8:1:3::1"))
        .isNotEqualTo(RateLimits.network("2001:db8:1:2::1"));
    assertThat(RateLimits.network("::ffff:192.0.2.7")).isEqualTo("192.0.2.7");
    assertThat(RateLimits.network("192.0.2.7")).isEqualTo("192.0.2.7");
  }

  @Test
  void anAddressMayDoTwentyTimesWhatAPrincipalMay() {
    for (int i = 0; i < 20; i++) {
      assertThat(limits.address("192.0.2.7", false).allowed()).isTrue();
    }
    assertThat(limits.address("192.0.2.7", false).allowed()).isFalse();
    assertThat(over).containsExactly("ADDRESS 192.0.2.7");
  }

  @Test
  void healthHasABucketOfItsOwn() {
    for (int i = 0; i < 30; i++) {
      limits.address("192.0.2.7", false);
    }
    assertThat(limits.address("192.0.2.7", true).allowed()).isTrue();
  }

  @Test
  void twoWrongCredentialsCostAnAddressAllThatItHas() {
    limits.failed("192.0.2.7");
    limits.failed("192.0.2.7");
    assertThat(limits.address("192.0.2.7", false).allowed()).isFalse();
    assertThat(limits.address("192.0.2.8", false).allowed()).isTrue();
  }

  @Test
  void aPrincipalIsLimitedWhereverItComesFrom() {
    assertThat(limits.principal("t/a").allowed()).isTrue();
    assertThat(limits.principal("t/a").allowed()).isFalse();
    assertThat(limits.principal("t/b").allowed()).isTrue();
    assertThat(over).containsExactly("PRINCIPAL t/a");
  }
}
