package dev.chitin.gateway.openapi;

import dev.chitin.bus.json.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ways to be known, as an OpenAPI document names them; a request brings exactly one. */
final class SecuritySchemes {
  private static final List<String> NAMES = List.of("bearer", "apiKey", "certificate");

  private SecuritySchemes() {}

  static JsonValue.Obj all() {
    return JsonValue.object()
        .put(
            "bearer",
            JsonValue.object()
                .put("type", "http")
                .put("scheme", "bearer")
                .put("description", "A gateway key (ck_…), or a token (JWT) of a known issuer.")
                .build())
        .put(
            "apiKey",
            JsonValue.object()
                .put("type", "apiKey")
                .put("in", "header")
                .put("name", "x-api-key")
                .put("description", "A gateway key, where clients send it so.")
                .build())
        .put(
            "certificate",
            JsonValue.object()
                .put("type", "mutualTLS")
                .put("description", "A client certificate that the operator mapped.")
                .build())
        .build();
  }

  /** Any one of them for a route with a scope; for an open one, none. */
  static JsonValue.Arr required(@Nullable String scope) {
    if (scope == null) {
      return new JsonValue.Arr(List.of());
    }
    return new JsonValue.Arr(
        NAMES.stream()
            .<JsonValue>map(name -> JsonValue.object().put(name, List.of(scope)).build())
            .toList());
  }
}
