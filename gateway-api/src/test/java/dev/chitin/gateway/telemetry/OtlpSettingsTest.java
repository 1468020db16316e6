package dev.chitin.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpSettingsTest {

  @Test
  void httpsAndLoopbackAreTaken() {
    assertThat(OtlpSettings.checked("https://collector.example:4318/otlp/", 100).traces())
        .isEqualTo("https://collector.example:4318/otlp/v1/traces");
    assertThat(OtlpSettings.checked("http://127.0.0.1:4318", 1).traces())
        .isEqualTo("http://127.0.0.1:4318/v1/traces");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://collector.example:4318",
        "http://127.0.0.1.example",
        "https://user:password@collector.example",
        "https://collector.example/?token=x",
        "ftp://127.0.0.1",
        "127.0.0.1:4318",
        "https://",
        "not a url"
      })
  void nothingElseIs(String endpoint) {
    assertThatThrownBy(() -> OtlpSettings.checked(endpoint, 100))
        .hasMessageContaining("telemetry.otlp.endpoint");
  }
}
