package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.http.PutQuery;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.PutOptions;
import dev.chitin.vault.PutRequest;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretName;
import io.vertx.core.MultiMap;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** What {@code chitin secret put} and {@code rotate} share: a secret on its way into the vault. */
final class SecretStore {
  private final Session session;

  SecretStore(Session session) {
    this.session = session;
  }

  /** The query of the route, from which a vault that is opened here takes its options as well. */
  static MultiMap query(long grace, long expires, BindingOptions binding) {
    if (grace < 0 || expires < 0 || expires > 1L << 32) {
      throw SecretCommand.usage("Seconds are whole numbers from 0 on.");
    }
    MultiMap query =
        MultiMap.caseInsensitiveMultiMap()
            .add(PutQuery.GRACE, Long.toString(grace))
            .add(PutQuery.EXPIRES, Long.toString(expires));
    binding.addTo(query);
    return query;
  }

  /**
   * Asks for the secret, or reads it from stdin, and stores it.
   *
   * @param query of {@link #query}
   * @param rotate whether it is a new version of a secret that is there
   */
  int store(SecretName secret, MultiMap query, boolean rotate, boolean json) {
    PutOptions options = PutQuery.options(query, rotate);
    JsonValue.Obj stored;
    try (SecretBytes value =
        SecretReader.ask("Secret: ").orElseGet(() -> SecretReader.line(0, "secret"))) {
      stored =
          session.either(
              client -> sent(secret, query, rotate, value),
              foundation ->
                  VaultJson.of(
                      foundation
                          .vault()
                          .put(
                              new PutRequest(
                                  secret, value, KeyRecord.TENANT, Session.ACTOR, options),
                              Session.deadline())
                          .await()));
    }
    if (json) {
      session.print(stored);
    } else {
      session
          .out()
          .println(
              "Stored "
                  + secret
                  + ", version "
                  + Texts.of(stored, "version")
                  + ", "
                  + SecretListing.binding(stored)
                  + ".");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj sent(SecretName secret, MultiMap query, boolean rotate, SecretBytes value) {
    String path = "/v1/secrets/" + secret + (rotate ? "/rotate" : "") + "?" + encoded(query);
    return SecretSender.send(session.home().adminSocket(), rotate ? "POST" : "PUT", path, value);
  }

  private static String encoded(MultiMap query) {
    return query.entries().stream()
        .map(
            entry ->
                entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }
}
