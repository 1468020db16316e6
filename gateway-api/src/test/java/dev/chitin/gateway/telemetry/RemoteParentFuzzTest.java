package dev.chitin.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.FuzzedTexts;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Spoiled {@code traceparent} fields: each names a valid span, or none. */
class RemoteParentFuzzTest {
  private static final int COUNT = 150_000;

  @Test
  void whatIsTakenIsASpanAsItIsWritten() {
    FuzzedTexts.of("traceparent")
        .show(
            COUNT,
            List.of(
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more",
                "00-00000000000000000000000000000000-0000000000000000-01"),
            text ->
                RemoteParent.parse(text)
                    .ifPresent(
                        parent -> {
                          assertThat(parent.isValid()).isTrue();
                          assertThat(parent.isRemote()).isTrue();
                          assertThat(text)
                              .contains("-" + parent.getTraceId() + "-" + parent.getSpanId() + "-");
                        }));
  }
}
