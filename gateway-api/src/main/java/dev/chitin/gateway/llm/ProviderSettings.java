package dev.chitin.gateway.llm;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.RequestHost;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One provider of models, as the operator names it.
 *
 * @param dialect how it is spoken to
 * @param scheme {@code https}, or {@code http} for an address of loopback
 * @param host canonical
 * @param port 1 to 65535
 * @param basePath what stands before {@code /v1}; empty, or begins and does not end with a slash
 * @param credential name of the secret that it knows the gateway by
 * @param maxTokens most tokens that one request may ask for
 * @param models names that may be asked for; a star at the end stands for any rest
 * @param tokensPerDay what one principal may use in a day (UTC), or null for any number
 * @param forwarded header fields of the client that go on besides those that always do
 * @param firstByteMillis longest wait for the head of an answer
 * @param idleMillis longest silence within an answer
 * @param timeoutMillis longest exchange in all
 * @param ca PEM text of those who alone vouch for it, or null for whom the platform trusts
 * @param toolLoop what its models may do with the gateway's tools, or null for nothing
 */
public record ProviderSettings(
    Dialect dialect,
    String scheme,
    String host,
    int port,
    String basePath,
    String credential,
    long maxTokens,
    List<String> models,
    @Nullable Long tokensPerDay,
    List<String> forwarded,
    long firstByteMillis,
    long idleMillis,
    long timeoutMillis,
    @Nullable String ca,
    @Nullable ToolLoopSettings toolLoop) {
  public ProviderSettings {
    models = List.copyOf(models);
    forwarded = List.copyOf(forwarded);
  }

  /**
   * What its requests need; granted by being configured, unless {@code policy.grants} says less.
   */
  public Capabilities capabilities() {
    return new Capabilities(List.of(), List.of(), List.of(host + ":" + port), List.of());
  }

  /** Where the configuration has {@code member} of it. */
  String key(String member) {
    return "providers." + dialect.provider() + "." + member;
  }

  /** Its address with its port, when it is one: the operator named exactly this destination. */
  public Optional<String> namedAddress() {
    return RequestHost.literal(host).map(bytes -> host + ":" + port);
  }

  boolean allowsModel(String model) {
    return models.stream()
        .anyMatch(
            allowed ->
                allowed.endsWith("*")
                    ? model.startsWith(allowed.substring(0, allowed.length() - 1))
                    : model.equals(allowed));
  }

  /** Whether no model is kept from its clients. */
  boolean allowsEveryModel() {
    return models.contains("*");
  }

  /** An answer passes as it comes; one of a tool loop comes when all of it is over. */
  long longestSilenceMillis() {
    long silence = Math.max(firstByteMillis, idleMillis);
    return toolLoop == null ? silence : Math.max(silence, toolLoop.timeoutMillis());
  }

  /** The definition that its plans name by digest. */
  JsonValue.Obj json() {
    return JsonValue.object()
        .put("provider", dialect.provider())
        .put("scheme", scheme)
        .put("host", host)
        .put("port", port)
        .put("basePath", basePath)
        .put("credential", credential)
        .put("maxTokens", maxTokens)
        .put("models", models)
        .put("forwarded", forwarded)
        .put("ca", ca == null ? null : Digest.ofUtf8(ca).toString())
        .put("toolLoop", toolLoop == null ? null : toolLoop.json())
        .build();
  }
}
