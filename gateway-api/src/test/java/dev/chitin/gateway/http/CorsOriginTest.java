package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorsOriginTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:3000",
        "https://app.example.com",
        "https://app.example.com:8443",
        "http://[::1]:3000"
      })
  void whatBrowsersSendIsAnOrigin(String origin) {
    assertThat(CorsOrigin.checked(origin, "gateway.cors_origins[0]")).isEqualTo(origin);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "null",
        "",
        "app.example.com",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://App.example.com",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "https://user@app.example.com",
        "https://app.example.com?x",
        "http://localhost:99999",
        "http://localhost:0",
        "ftp://app.example.com",
        "file://",
        "https://app.example.com https://b.example.com"
      })
  void whatCouldNeverMatchIsRefused(String origin) {
    assertThatThrownBy(() -> CorsOrigin.checked(origin, "gateway.cors_origins[0]"))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("gateway.cors_origins");
  }
}
