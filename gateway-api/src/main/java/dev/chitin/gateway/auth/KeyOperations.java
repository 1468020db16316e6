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
 * gateway's files: from a request document to a change, which {@link KeyChanges} carries out.
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

  /**
   * A change that was found possible and holds nowhere yet.
   *
   * @param record what the log has to hold
   * @param ends whether it takes rights away, and gives none
   * @param effect makes it hold
   */
  public record Change(AuditEvent.KeyChange record, boolean ends, Effect effect) {}

  /** What a change does. */
  @FunctionalInterface
  public interface Effect {
    /**
     * Makes it hold, and gives the answer to whoever asked. Blocks.
     *
     * @throws dev.chitin.bus.ChitinException when it is no longer possible
     */
    JsonValue.Obj take();
  }

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
    return made("create", keys.draft(spec));
  }

  /** {@code {"overlapMs"}} gives {@code {"id", "key"}} of the new key. */
  public Change rotate(String id, JsonFields body) {
    long overlap =
        body.required("overlapMs", body.integer("overlapMs", 0, KeyStore.LONGEST.toMillis()));
    body.end();
    return made("rotate", keys.draftInPlaceOf(id, overlap));
  }

  private Change made(String action, KeyDraft draft) {
    return new Change(
        new AuditEvent.KeyChange(action, draft.id(), draft.name(), actor),
        false,
        () -> {
          CreatedKey created = keys.keep(draft);
          return JsonValue.object().put("id", created.id()).put("key", created.key()).build();
        });
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
    return new Change(
        new AuditEvent.KeyChange("revoke", id, keys.known(id).name(), actor),
        true,
        () -> KeyRecord.listJson(List.of(keys.revoke(id))));
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
    return change(
        "revoke_token",
        token,
        true,
        () -> {
          keys.revoke(token);
          return token.json();
        });
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
    keys.requireRevoked(token);
    return change(
        "restore_token",
        token,
        false,
        () -> {
          keys.restore(token);
          return token.json();
        });
  }

  private Change change(String action, RevokedToken token, boolean ends, Effect effect) {
    return new Change(
        new AuditEvent.KeyChange(action, token.by().text(), token.value(), actor), ends, effect);
  }

  /**
   * @throws dev.chitin.bus.ChitinException when what was taken away is not written down
   */
  void requireWritten() {
    keys.requireWritten();
  }
}
