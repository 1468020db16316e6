package dev.chitin.gateway.auth;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator does with keys, the same over the administration socket and on a stopped
 * gateway's files: from a request document to an answer and the record of it. Blocks.
 */
public final class KeyOperations {
  private final KeyStore keys;
  private final List<String> issuers;
  private final String actor;

  /**
   * @param issuers whose tokens are taken
   * @param actor who does it, for the record
   */
  public KeyOperations(KeyStore keys, List<String> issuers, String actor) {
    this.keys = keys;
    this.issuers = List.copyOf(issuers);
    this.actor = actor;
  }

  /** What was done: the answer to whoever asked, and what the log has to hold. */
  public record Change(JsonValue.Obj answer, AuditEvent.KeyChange record) {}

  /** {@code {"name", "role", "tenant"?, "scopes"?, "lifeMs"?}} gives {@code {"id", "key"}}. */
  public Change create(JsonFields body) {
    var spec =
        new KeySpec(
            body.string("tenant").orElse(KeyRecord.TENANT),
            body.required("name", body.string("name")),
            body.required("role", body.string("role").flatMap(Role::of)),
            body.strings("scopes").orElse(List.of()),
            body.integer("lifeMs", 1, KeyStore.LONGEST.toMillis()).orElse(null));
    body.end();
    return made("create", keys.create(spec));
  }

  /** {@code {"overlapMs"}} gives {@code {"id", "key"}} of the new key. */
  public Change rotate(String id, JsonFields body) {
    long overlap =
        body.required("overlapMs", body.integer("overlapMs", 0, KeyStore.LONGEST.toMillis()));
    body.end();
    return made("rotate", keys.rotate(id, overlap));
  }

  private Change made(String action, CreatedKey created) {
    String name = keys.find(created.id()).map(KeyRecord::name).orElse("");
    return new Change(
        JsonValue.object().put("id", created.id()).put("key", created.key()).build(),
        new AuditEvent.KeyChange(action, created.id(), name, actor));
  }

  /** Gives {@code {"keys":[…], "revokedTokens":[…]}}. */
  public JsonValue.Obj list() {
    return JsonValue.object()
        .put("keys", KeyRecord.listJson(keys.list()).get("keys"))
        .put(
            "revokedTokens",
            new JsonValue.Arr(
                keys.revokedTokens().stream().<JsonValue>map(RevokedToken::json).toList()))
        .build();
  }

  /** Gives what the key was. */
  public Change revoke(String id) {
    KeyRecord revoked = keys.revoke(id);
    return new Change(
        KeyRecord.listJson(List.of(revoked)),
        new AuditEvent.KeyChange("revoke", id, revoked.name(), actor));
  }

  /**
   * {@code {"jti"|"sub", "issuer"?}}: tokens that are no longer taken.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.arguments_invalid} for an issuer that is
   *     none, and for a principal in the place of a subject: the revocation would stand there and
   *     stop no token
   */
  public Change revokeToken(JsonFields body) {
    RevokedToken token = RevokedToken.of(body);
    requireIssuer(token.issuer());
    if (token.by() == RevokedToken.By.SUB) {
      requireSubject(token.value());
    }
    keys.revoke(token);
    return new Change(token.json(), record("revoke_token", token));
  }

  private void requireIssuer(@Nullable String issuer) {
    if (issuer != null && !issuers.contains(issuer)) {
      throw Problem.of(
              ProblemCode.REQUEST_ARGUMENTS_INVALID,
              "No issuer of that name is configured; auth.issuers has "
                  + (issuers.isEmpty() ? "none" : String.join(", ", issuers))
                  + ".")
          .withRule("auth.issuers")
          .withHint("Name it as the token's iss does, or leave it out for every issuer.")
          .toException();
    }
  }

  /** Principals are shown as {@code <iss>|<sub>}; a subject may hold a bar of its own. */
  private void requireSubject(String subject) {
    for (String issuer : issuers) {
      if (subject.startsWith(issuer + "|")) {
        throw Problem.of(
                ProblemCode.REQUEST_ARGUMENTS_INVALID,
                "That is a principal, and not the sub of a token.")
            .withHint(
                "Write what stands behind the bar: --sub "
                    + subject.substring(issuer.length() + 1)
                    + " --issuer "
                    + issuer)
            .toException();
      }
    }
  }

  /** Takes that back, also of an issuer that is no longer configured. */
  public Change restoreToken(JsonFields body) {
    RevokedToken token = RevokedToken.of(body);
    keys.restore(token);
    return new Change(token.json(), record("restore_token", token));
  }

  private AuditEvent.KeyChange record(String action, RevokedToken token) {
    return new AuditEvent.KeyChange(action, token.by().text(), token.value(), actor);
  }
}
