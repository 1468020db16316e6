package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Holds documents against JSON Schema 2020-12, its own schema, and the one of OpenAPI 3.1. */
public final class JsonSchemas {
  private static final String META = "https://json-schema.org/draft/2020-12/schema";

  /** Where vertx-openapi keeps it. */
  private static final String OPENAPI = "spec.openapis.org/oas/3.1/schema/2022-10-07";

  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  /** What is wrong with {@code value} by {@code schema}. */
  public List<Error> faults(JsonValue schema, JsonValue value) {
    return registry.getSchema(text(schema)).validate(text(value), InputFormat.JSON);
  }

  /** What is wrong with {@code schema} by the schema of schemas. */
  public List<Error> schemaFaults(JsonValue schema) {
    return registry.getSchema(SchemaLocation.of(META)).validate(text(schema), InputFormat.JSON);
  }

  /** What is wrong with {@code document} by the schema of OpenAPI 3.1. */
  public List<Error> openApiFaults(JsonValue document) throws IOException {
    try (InputStream in = JsonSchemas.class.getClassLoader().getResourceAsStream(OPENAPI)) {
      assertThat(in).as("the schema of OpenAPI").isNotNull();
      return registry
          .getSchema(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .validate(text(document), InputFormat.JSON);
    }
  }

  private static String text(JsonValue value) {
    return CanonicalJson.inOrder(value);
  }
}
