package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.EgressRule;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the plan of one request to a provider: an HTTP request of the tool {@code llm.<provider>},
 * with its one credential.
 */
final class LlmPlans {
  private final ProviderSettings provider;
  private final String node;
  private final Digest definition;

  /**
   * @param node the only node that may carry the plans out
   */
  LlmPlans(ProviderSettings provider, String node) {
    this.provider = provider;
    this.node = node;
    this.definition = Digest.of(CanonicalJson.bytes(provider.json()));
  }

  /**
   * What a plan is made of.
   *
   * @param path below the provider's base
   * @param query as the client wrote it, or null
   * @param headers those that go on, by lower-case name
   * @param body empty for none
   * @param model null where the request names none
   */
  record Draft(
      String callId,
      Principal principal,
      @Nullable String session,
      LlmRoute route,
      String path,
      @Nullable String query,
      Map<String, String> headers,
      Bytes body,
      @Nullable String model) {
    Draft {
      headers = new TreeMap<>(headers);
    }
  }

  /** Plans it. Hashes the body: a large one not on an event loop. */
  SealedPlan plan(Draft draft, Deadline deadline) {
    long now = System.currentTimeMillis();
    Digest body = draft.body().length() == 0 ? null : Digest.of(draft.body().borrow());
    String target = provider.basePath() + draft.path();
    return SealedPlan.seal(
        new ExecutionPlan(
            draft.callId(),
            draft.principal(),
            draft.session(),
            provider.dialect().tool(),
            definition,
            provider.capabilities(),
            "http",
            new Invocation.HttpRequest(
                draft.route().method(),
                provider.scheme(),
                provider.host(),
                provider.port(),
                draft.query() == null ? target : target + "?" + draft.query(),
                List.copyOf(draft.headers().keySet()),
                body),
            List.of(),
            List.of(),
            List.of(new EgressRule(provider.scheme(), provider.host(), provider.port())),
            List.of(credential()),
            Limits.DEFAULT,
            input(draft, body),
            Labels.UNATTRIBUTED,
            null,
            now,
            now + deadline.remainingMillis(),
            node));
  }

  private CredentialRef credential() {
    return new CredentialRef(
        provider.credential(),
        provider.scheme(),
        provider.host(),
        provider.port(),
        "header",
        provider.dialect().credentialField(),
        provider.dialect().credentialFormat());
  }

  private static Digest input(Draft draft, @Nullable Digest body) {
    JsonValue.Builder headers = JsonValue.object();
    draft.headers().forEach(headers::put);
    return Digest.of(
        CanonicalJson.bytes(
            JsonValue.object()
                .put("route", draft.path())
                .put("query", draft.query())
                .put("model", draft.model())
                .put("headers", headers.build())
                .put("body", body == null ? null : body.toString())
                .build()));
  }
}
