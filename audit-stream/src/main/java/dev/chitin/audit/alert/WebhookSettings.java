package dev.chitin.audit.alert;

import java.net.URI;
import java.util.Locale;
import java.util.Set;

/**
 * Where alerts are sent.
 *
 * @param url {@code https}, or {@code http} for a loopback host; without user, query or fragment
 * @param rules which alerts; empty for all
 */
public record WebhookSettings(URI url, Set<AlertRule> rules) {

  public WebhookSettings {
    rules = Set.copyOf(rules);
    String host = url.getHost();
    boolean secure = "https".equals(url.getScheme());
    boolean near = "http".equals(url.getScheme()) && host != null && isLoopback(host);
    if (host == null
        || !(secure || near)
        || url.getRawUserInfo() != null
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "a webhook's URL is https (http for a loopback host), without user, query or fragment");
    }
  }

  private static boolean isLoopback(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.\\d{1,3}){3}");
  }

  String host() {
    return url.getHost().replaceAll("^\\[|]$", "");
  }

  int port() {
    return url.getPort() >= 0 ? url.getPort() : isSecure() ? 443 : 80;
  }

  boolean isSecure() {
    return url.getScheme().equals("https");
  }

  String path() {
    return url.getRawPath().isEmpty() ? "/" : url.getRawPath();
  }

  boolean wants(String alert) {
    return rules.isEmpty() || rules.stream().anyMatch(rule -> rule.text().equals(alert));
  }
}
