package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.gateway.ChitinHome;
import dev.chitin.policy.RequestHost;
import dev.chitin.policy.RequestUrl;
import dev.chitin.vault.SecretName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code providers} and the bounds of the routes to them. What the table of keys cannot say
 * is a refusal here, with the key.
 */
public final class LlmSettingsReader {
  private static final Map<Dialect, String> BASE =
      Map.of(
          Dialect.ANTHROPIC, "https://api.anthropic.com", Dialect.OPENAI, "https://api.openai.com");
  private static final long MAX_TOKENS = 32_000;
  private static final int CA_BYTES = 1 << 20;

  private LlmSettingsReader() {}

  /** The files of those who vouch for providers. */
  public static List<Path> authorities(JsonFields providers, ChitinHome home) {
    return Arrays.stream(Dialect.values())
        .flatMap(dialect -> providers.fields(dialect.provider()).stream())
        .flatMap(fields -> fields.string("ca").stream())
        .map(home::expand)
        .toList();
  }

  /**
   * Reads the settings.
   *
   * @param providers the section {@code providers}
   * @param limits the section {@code gateway.limits}
   * @param home where names of files begin
   * @throws ChitinException {@code config.invalid} with the key
   */
  public static LlmSettings read(JsonFields providers, JsonFields limits, ChitinHome home) {
    List<ProviderSettings> all = new ArrayList<>();
    for (Dialect dialect : Dialect.values()) {
      providers
          .fields(dialect.provider())
          .ifPresent(fields -> all.add(provider(dialect, fields, home)));
    }
    int body =
        Math.toIntExact(
            limits
                .integer("llm_body_bytes", 1_024, 256 << 20)
                .orElse((long) LlmSettings.BODY_BYTES));
    long bodies =
        limits.integer("llm_bodies_bytes", 1_024, 1L << 40).orElse(LlmSettings.BODIES_BYTES);
    if (bodies < body) {
      throw invalid(
          "gateway.limits.llm_bodies_bytes",
          "is less than one body, llm_body_bytes",
          "Raise it, or lower gateway.limits.llm_body_bytes.");
    }
    return new LlmSettings(all, body, bodies);
  }

  private static ProviderSettings provider(Dialect dialect, JsonFields fields, ChitinHome home) {
    String key = "providers." + dialect.provider();
    RequestUrl base = base(dialect, fields, key + ".base_url");
    List<String> models = fields.strings("models").orElse(List.of("*"));
    if (models.isEmpty()) {
      throw invalid(key + ".models", "allows no model", "Name models, or leave it out for all.");
    }
    for (String model : models) {
      if (!model.matches("[\\x21-\\x29\\x2b-\\x7e]{0,127}[\\x21-\\x7e]")) {
        throw invalid(
            key + ".models",
            "holds '" + model + "', which is no model",
            "Write a name, or the beginning of names with one * at the end.");
      }
    }
    long firstByte = fields.integer("first_byte_ms", 100, 120_000).orElse(60_000L);
    long timeout = fields.integer("timeout_ms", 100, 3_600_000).orElse(600_000L);
    return new ProviderSettings(
        dialect,
        base.scheme(),
        base.host(),
        base.port(),
        basePath(base.pathAndQuery(), key + ".base_url"),
        credential(fields, key + ".credential"),
        fields.integer("max_tokens", 1, 100_000_000).orElse(MAX_TOKENS),
        models,
        fields.integer("tokens_per_day", 1, 1L << 50).orElse(null),
        fields.strings("forward_headers").orElse(List.of()),
        Math.min(firstByte, timeout),
        fields.integer("idle_ms", 100, 120_000).orElse(120_000L),
        timeout,
        fields.string("ca").map(home::expand).map(f -> ca(f, key + ".ca")).orElse(null),
        fields
            .fields("tool_loop")
            .map(loop -> LoopSettingsReader.read(loop, key + ".tool_loop"))
            .orElse(null));
  }

  /** The text of a file of certificates; an empty one would trust nobody, and is a mistake. */
  private static String ca(Path file, String key) {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(CA_BYTES + 1);
      var all =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes));
      if (bytes.length > CA_BYTES || all.isEmpty()) {
        throw invalid(key, "holds no certificate, or more than 1 MiB", "Name a PEM file.");
      }
      return new String(bytes, StandardCharsets.US_ASCII);
    } catch (IOException | CertificateException e) {
      throw invalid(
          key,
          "cannot be read as certificates: " + file,
          "Name a PEM file that the gateway's user can read.");
    }
  }

  private static String credential(JsonFields fields, String key) {
    String name =
        fields
            .string("credential")
            .orElseThrow(
                () ->
                    invalid(
                        key,
                        "is missing",
                        "Name the secret that holds the provider's key; chitin secret put stores"
                            + " it."));
    try {
      return new SecretName(name).value();
    } catch (RuntimeException e) {
      throw invalid(key, "is not a secret's name", "See chitin secret list.");
    }
  }

  private static RequestUrl base(Dialect dialect, JsonFields fields, String key) {
    String url = fields.string("base_url").orElse(BASE.getOrDefault(dialect, ""));
    RequestUrl base;
    try {
      base = RequestUrl.parse(url);
    } catch (ChitinException e) {
      throw invalid(
          key, "cannot be used: " + e.problem().detail(), "Write https://host[:port][/path].");
    }
    if (base.scheme().equals("http") && !isLoopback(base.host())) {
      throw invalid(
          key,
          "would send prompts and the credential in clear",
          "Use https; http goes to an address of loopback only, http://127.0.0.1:8080 say.");
    }
    return base;
  }

  private static boolean isLoopback(String host) {
    return RequestHost.literal(host)
        .map(
            bytes -> {
              try {
                return InetAddress.getByAddress(bytes).isLoopbackAddress();
              } catch (UnknownHostException e) {
                return false;
              }
            })
        .orElse(false);
  }

  /** Both ways of writing it are in use: with the {@code /v1} that every route has, and without. */
  private static String basePath(String pathAndQuery, String key) {
    String path = pathAndQuery;
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    if (path.endsWith("/v1")) {
      path = path.substring(0, path.length() - "/v1".length());
    }
    if (!path.matches("(/[A-Za-z0-9._~-]+)*") || (path + "/").contains("/../")) {
      throw invalid(key, "has a path that is not plain", "Leave out query, dots and escapes.");
    }
    return path;
  }

  private static ChitinException invalid(String key, String fault, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + " " + fault + ".")
        .withRule(key)
        .withHint(hint)
        .toException();
  }
}
