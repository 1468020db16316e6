package dev.chitin.gateway;

import dev.chitin.audit.AuditMetrics;
import dev.chitin.audit.alert.AlertEngine;
import dev.chitin.audit.alert.AlertFeed;
import dev.chitin.audit.alert.AlertRule;
import dev.chitin.audit.alert.Destinations;
import dev.chitin.audit.alert.LogHealth;
import dev.chitin.audit.alert.WebhookSettings;
import dev.chitin.audit.alert.WebhookSigner;
import dev.chitin.audit.alert.Webhooks;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretMac;
import dev.chitin.vault.SecretName;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Alerts, wired: rules over the log, the keys of webhooks, and what is counted. */
final class Alerting implements AutoCloseable {
  private static final Duration OPEN = Duration.ofSeconds(10);
  private static final String TENANT = "default";

  private final OpenParts opened = new OpenParts();
  private final Foundation foundation;
  private final GatewaySettings settings;
  private final AlertEngine engine;
  private final Webhooks hooks;
  private final AlertFeed feed;

  private Alerting(Foundation foundation, GatewaySettings settings, Destinations destinations) {
    this.foundation = foundation;
    this.settings = settings;
    AlertOptions options = settings.audit().alerts();
    engine = new AlertEngine(options.settings());
    try {
      hooks = new Webhooks(foundation.vertx(), receivers(options), destinations);
      opened.add(hooks);
      feed =
          new AlertFeed(
              settings.home().audit(),
              foundation.origin(),
              foundation.audit(),
              engine,
              settings.home().run().resolve("alerts.state"),
              this::health,
              hooks::send);
      String id = foundation.vertx().deployVerticle(feed).await();
      opened.add(() -> foundation.vertx().undeploy(id).await());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Starts to look at the log.
   *
   * @param destinations the rules of egress, which hold for webhooks too
   * @throws dev.chitin.bus.ChitinException when the key of a webhook cannot be had
   */
  static Alerting start(
      Foundation foundation, GatewaySettings settings, Destinations destinations) {
    return new Alerting(foundation, settings, destinations);
  }

  private Map<WebhookSettings, WebhookSigner> receivers(AlertOptions options) {
    Map<WebhookSettings, WebhookSigner> receivers = new LinkedHashMap<>();
    for (AlertOptions.Hook hook : options.webhooks()) {
      SecretMac mac = named(hook, options.webhooks().indexOf(hook));
      opened.add(mac);
      receivers.put(hook.settings(), mac::sign);
    }
    return receivers;
  }

  /** The key of a webhook; what stands in its way is told with where it was asked for. */
  private SecretMac named(AlertOptions.Hook hook, int index) {
    try {
      return key(hook);
    } catch (ChitinException e) {
      String place = "audit.alerts.webhooks[" + index + "].secret";
      Problem why = e.problem();
      throw new Problem(why.code(), place + ": " + why.detail(), place, why.hint(), why.errors())
          .toException(e);
    }
  }

  private SecretMac key(AlertOptions.Hook hook) {
    if (hook.isInFile()) {
      ChitinHome home = settings.home();
      return SecretMac.of(new KeyFile(home.expand(hook.secret()), home.root()).read());
    }
    return foundation
        .localVault()
        .mac(TENANT, new SecretName(hook.secret()), Deadline.after(OPEN))
        .await();
  }

  private LogHealth health() {
    AuditMetrics log = foundation.log().metrics();
    return new LogHealth(
        log.size(),
        log.freeBytes(),
        log.checkpointSize(),
        log.cosignedSize(),
        settings.audit().witness() != null);
  }

  /** Adds what is counted; the rules are a closed set. */
  void count(MeterRegistry registry) {
    for (AlertRule rule : AlertRule.values()) {
      FunctionCounter.builder("chitin.alerts", engine, e -> e.raised(rule))
          .description("Alerts that were raised, by rule.")
          .tag("rule", rule.text())
          .register(registry);
    }
    FunctionCounter.builder("chitin.alerts.suppressed", engine, AlertEngine::suppressed)
        .description("Alerts that were not raised because their rule had said enough.")
        .register(registry);
    Gauge.builder("chitin.alerts.lag", feed, AlertFeed::lag)
        .description("Durable entries that no rule has looked at yet.")
        .register(registry);
    FunctionCounter.builder("chitin.webhook.delivered", hooks, Webhooks::delivered)
        .description("Alerts that a receiver has taken.")
        .register(registry);
    FunctionCounter.builder("chitin.webhook.failed", hooks, Webhooks::failed)
        .description("Alerts that were given up after all tries, or refused.")
        .register(registry);
    FunctionCounter.builder("chitin.webhook.dropped", hooks, Webhooks::dropped)
        .description("Alerts that found no place to wait for a receiver.")
        .register(registry);
  }

  @Override
  public void close() {
    opened.close();
  }
}
