package dev.chitin.gateway;

import dev.chitin.audit.alert.AlertSettings;
import dev.chitin.audit.alert.WebhookSettings;
import java.util.List;

/**
 * The operator's word on alerts.
 *
 * @param settings from when on there is one
 * @param webhooks who is told
 */
public record AlertOptions(AlertSettings settings, List<Hook> webhooks) {

  public AlertOptions {
    webhooks = List.copyOf(webhooks);
  }

  /**
   * Somebody who is told of alerts.
   *
   * @param secret the name of a secret in the vault, or the path of a key file when it has a slash
   */
  public record Hook(WebhookSettings settings, String secret) {
    /** Whether the secret is in a file of its own: no secret's name has a slash. */
    boolean isInFile() {
      return secret.contains("/");
    }
  }
}
