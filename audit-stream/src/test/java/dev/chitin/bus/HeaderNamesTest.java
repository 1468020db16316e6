package dev.chitin.bus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderNamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "accept-encoding",
        "http2-settings",
        "forwarded",
        "via",
        "proxy-authorization",
        "proxy-connection",
        "x-forwarded-for"
      })
  void whatFramesOrRoutesAMessageIsNobodyElses(String name) {
    assertThat(HeaderNames.isField(name)).isTrue();
    assertThat(HeaderNames.isFraming(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"authorization", "x-api-key", "accept", "x-forwarded", "proxy"})
  void othersMayBeSet(String name) {
    assertThat(HeaderNames.isField(name)).isTrue();
    assertThat(HeaderNames.isFraming(name)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Host", "a b", "a:b", "a\r\nb", "ä"})
  void whatIsNoNameInLowerCaseIsNoField(String name) {
    assertThat(HeaderNames.isField(name)).isFalse();
  }
}
