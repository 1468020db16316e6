package dev.chitin.gateway.config;

import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.jwt.SigningAlgorithm;
import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Named;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;

/** The keys of {@code auth}: by what callers are known, besides gateway keys. */
final class AuthKeys {
  private static final Spec TEXT = new Text();
  private static final Spec ROLE = new Choice(Role.texts());

  static final Section SECTION =
      Section.of(
          Spec.Key.of(
              "issuers",
              "Whose signed tokens (JWT) are taken.",
              new ListOf(
                  Section.of(
                      Spec.Key.required("issuer", "The token's iss, exactly.", TEXT),
                      Spec.Key.required(
                          "audience", "What its aud must hold: this gateway's URI.", TEXT),
                      Spec.Key.required(
                          "algorithms",
                          "By which it may be signed.",
                          new ListOf(new Choice(SigningAlgorithm.texts()))),
                      Spec.Key.of(
                          "jwks_file",
                          "File of the issuer's open keys (RFC 7517), or jwks_url.",
                          TEXT),
                      Spec.Key.of("jwks_url", "Where they are fetched from; https only.", TEXT),
                      Spec.Key.of(
                          "jwks_ca",
                          "PEM file of who vouches for that server; default the platform's.",
                          TEXT),
                      Spec.Key.required(
                          "roles",
                          "What the token's claim of roles stands for here.",
                          Section.of(
                              Spec.Key.of(
                                  "claim",
                                  "Its name; dots lead into objects; default roles.",
                                  TEXT),
                              Spec.Key.required(
                                  "map",
                                  "Roles by the claim's values: an array's texts as they are, or one"
                                      + " text that is split at spaces. Where a name here holds a"
                                      + " space, a text with spaces stands for no role.",
                                  new Named(ROLE)))),
                      Spec.Key.of("tenant", "Whose principals its subjects are.", TEXT)))),
          Spec.Key.of(
              "certificates",
              "For whom client certificates under gateway.tls.client_ca, which must be set, stand.",
              new ListOf(
                  Section.of(
                      Spec.Key.required(
                          "san",
                          "Subject alternative name, exactly: URI:spiffe://… or DNS:host.",
                          TEXT),
                      Spec.Key.required("role", "What it may do.", ROLE),
                      Spec.Key.of("tenant", "Whose principal.", TEXT),
                      Spec.Key.required("name", "The principal.", TEXT)))));

  private AuthKeys() {}
}
