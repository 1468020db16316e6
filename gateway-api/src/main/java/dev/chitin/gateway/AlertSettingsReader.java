package dev.chitin.gateway;

import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.alert.AlertRule;
import dev.chitin.audit.alert.AlertSettings;
import dev.chitin.audit.alert.ChangeHours;
import dev.chitin.audit.alert.WebhookSettings;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.vault.SecretName;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the section {@code audit.alerts} of a checked configuration. */
final class AlertSettingsReader {
  private static final int MOST_WEBHOOKS = 16;

  private final JsonFields alerts;

  AlertSettingsReader(JsonFields alerts) {
    this.alerts = alerts;
  }

  /**
   * @param segmentBytes size of a segment of the log: with room for less than two it is time
   */
  AlertOptions options(long segmentBytes) {
    AlertSettings d = AlertSettings.DEFAULT;
    var settings =
        new AlertSettings(
            number("auth_failures_per_minute", d.authPerSubject()),
            number("auth_failures_in_all_per_minute", d.authTotal()),
            number("rate_limit_hits", d.rateLimitHits()),
            number("denials_per_minute", d.denials()),
            number("probe_signs", d.probeSigns()),
            alerts.integer("volume_sigma", 1, 100).orElse(d.volumeSigma()),
            Duration.ofHours(
                alerts.integer("learning_hours", 0, 24 * 90).orElse(d.learning().toHours())),
            AuditSettings.MIN_FREE_BYTES + 2 * segmentBytes,
            Duration.ofSeconds(
                alerts
                    .integer("witness_lag_seconds", 1, 86_400)
                    .orElse(d.witnessPatience().toSeconds())),
            changeHours(d.changeHours()),
            rules(alerts, "off"));
    List<AlertOptions.Hook> hooks = new ArrayList<>();
    List<JsonValue> items = alerts.array("webhooks").orElse(List.of());
    if (items.size() > MOST_WEBHOOKS) {
      throw invalid("audit.alerts.webhooks", MOST_WEBHOOKS + " webhooks are the most.");
    }
    for (int i = 0; i < items.size(); i++) {
      hooks.add(
          hook(
              JsonFields.of(items.get(i), "/audit/alerts/webhooks/" + i),
              "audit.alerts.webhooks[" + i + "]"));
    }
    return new AlertOptions(settings, hooks);
  }

  private ChangeHours changeHours(ChangeHours byDefault) {
    int from = alerts.integer("change_from_hour", 0, 23).orElse((long) byDefault.from()).intValue();
    int to = alerts.integer("change_to_hour", 1, 24).orElse((long) byDefault.to()).intValue();
    if (from == to) {
      throw invalid(
          "audit.alerts.change_to_hour", "No hour lies between change_from_hour and itself.");
    }
    return new ChangeHours(from, to);
  }

  private long number(String name, long byDefault) {
    return alerts.integer(name, 1, 1_000_000).orElse(byDefault);
  }

  private static Set<AlertRule> rules(JsonFields fields, String name) {
    return fields.strings(name).orElse(List.of()).stream()
        .flatMap(text -> AlertRule.of(text).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  private static AlertOptions.Hook hook(JsonFields fields, String place) {
    String url = fields.required("url", fields.string("url"));
    String secret = signer(fields.required("secret", fields.string("secret")), place + ".secret");
    try {
      return new AlertOptions.Hook(
          new WebhookSettings(new URI(url), rules(fields, "rules")), secret);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw invalid(
          place + ".url",
          "Write https://host[:port]/path, or http for a loopback address; no user, query or"
              + " fragment.");
    }
  }

  /** A key file's path has a slash, which no secret's name has. */
  private static String signer(String text, String key) {
    if (!text.contains("/")) {
      try {
        return new SecretName(text).value();
      } catch (RuntimeException e) {
        throw invalid(
            key, "Write the name of a secret, as chitin secret list shows it, or a path.");
      }
    }
    return text;
  }

  private static RuntimeException invalid(String key, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + " is not valid.")
        .withRule(key)
        .withHint(hint)
        .toException();
  }
}
