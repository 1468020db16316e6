package dev.chitin.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteParentTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  @Test
  void aTraceparentIsRead() {
    SpanContext parent = RemoteParent.parse("00-" + TRACE + "-" + SPAN + "-01").orElseThrow();
    assertThat(parent.getTraceId()).isEqualTo(TRACE);
    assertThat(parent.getSpanId()).isEqualTo(SPAN);
    assertThat(parent.isSampled()).isTrue();
    assertThat(parent.isRemote()).isTrue();
    assertThat(RemoteParent.parse("01-" + TRACE + "-" + SPAN + "-00-more")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01"
      })
  void whatIsNoneIsNone(String field) {
    assertThat(RemoteParent.parse(field)).isEmpty();
  }

  @Test
  void noneIsNoneAndALongOneIsNotLookedAt() {
    assertThat(RemoteParent.parse(null)).isEmpty();
    assertThat(RemoteParent.parse("01-" + TRACE + "-" + SPAN + "-01-" + "x".repeat(1_000)))
        .isEmpty();
  }
}
