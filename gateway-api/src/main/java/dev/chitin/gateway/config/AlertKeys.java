package dev.chitin.gateway.config;

import dev.chitin.audit.alert.AlertRule;
import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;

/** The keys of {@code audit.alerts}. */
final class AlertKeys {
  private static final Spec RULES = new ListOf(new Choice(AlertRule.texts()));
  private static final Spec THRESHOLD = new Whole(1, 1_000_000);

  static final Section SECTION =
      Section.of(
          Spec.Key.of(
              "auth_failures_per_minute",
              "Wrong credentials of one address or key that are an alert; default 5.",
              THRESHOLD),
          Spec.Key.of(
              "auth_failures_in_all_per_minute",
              "Wrong credentials of everybody that are an alert; default 50.",
              THRESHOLD),
          Spec.Key.of(
              "rate_limit_hits",
              "Refused requests of one address or principal in five minutes that are an alert;"
                  + " default 10.",
              THRESHOLD),
          Spec.Key.of(
              "denials_per_minute",
              "Denied calls of one principal that are an alert; default 20.",
              THRESHOLD),
          Spec.Key.of(
              "probe_signs",
              "Attempts of one kind to leave the sandbox by one principal in ten minutes that are an"
                  + " alert; default 5. Two kinds always are.",
              THRESHOLD),
          Spec.Key.of(
              "change_from_hour",
              "First hour of the day (UTC) at which a change of policy or configuration is no alert;"
                  + " default 0.",
              new Whole(0, 23)),
          Spec.Key.of(
              "change_to_hour", "The hour at which those end; default 24.", new Whole(1, 24)),
          Spec.Key.of(
              "volume_sigma",
              "Standard deviations above its habit that make a secret's use an alert; default 4.",
              new Whole(1, 100)),
          Spec.Key.of(
              "learning_hours",
              "How long habits of a principal or secret are learned first; default 24.",
              new Whole(0, 24 * 90)),
          Spec.Key.of(
              "witness_lag_seconds",
              "How long the newest checkpoint may be without a cosignature; default 300.",
              new Whole(1, 86_400)),
          Spec.Key.of("off", "Rules that raise nothing.", RULES),
          Spec.Key.of(
              "webhooks",
              "Who is told of alerts; at most 16.",
              new ListOf(
                  Section.of(
                      Spec.Key.required(
                          "url", "https, or http for a loopback address.", new Text()),
                      Spec.Key.required(
                          "secret",
                          "What signs: the name of a secret in the vault, or the path of a key"
                              + " file of 32 bytes.",
                          new Text()),
                      Spec.Key.of("rules", "Which alerts; default all.", RULES)))));

  private AlertKeys() {}
}
