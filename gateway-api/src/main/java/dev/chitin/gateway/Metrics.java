package dev.chitin.gateway;

import dev.chitin.audit.AuditMetrics;
import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.mtls.RevocationList;
import dev.chitin.gateway.http.AuditStreams;
import dev.chitin.gateway.http.CallAdmission;
import dev.chitin.gateway.http.Connections;
import dev.chitin.gateway.llm.BodyRoom;
import dev.chitin.gateway.llm.Dialect;
import dev.chitin.gateway.llm.LlmCounters;
import dev.chitin.gateway.llm.LlmRoute;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.rate.OverLimitRecord;
import dev.chitin.gateway.reload.ConfigReload;
import dev.chitin.gateway.session.SessionTable;
import dev.chitin.gateway.tls.TlsRenewal;
import dev.chitin.sandbox.bwrap.SandboxMetrics;
import dev.chitin.vault.LocalVault;
import dev.chitin.vault.memory.SecretMemory;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What the gateway counts, read when somebody asks. */
final class Metrics {
  private final PrometheusMeterRegistry registry;

  Metrics(
      PrometheusMeterRegistry registry,
      Supplier<SandboxMetrics> sandbox,
      Supplier<AuditMetrics> audit,
      CallAdmission calls,
      LocalVault vault) {
    this.registry = registry;
    auditGauges(audit);
    Gauge.builder("chitin.calls.running", calls, CallAdmission::running)
        .description("Calls that run now.")
        .register(registry);
    gauge("chitin.sandbox.running", "Native calls that have a sandbox.", sandbox, m -> m.running());
    gauge("chitin.sandbox.waiting", "Native calls that wait.", sandbox, m -> m.waiting());
    gauge("chitin.sandbox.warm.ready", "Sandboxes that stand ready.", sandbox, m -> m.ready());
    gauge(
        "chitin.sandbox.warm.hit.ratio",
        "Share of native calls, among those that could, that found a sandbox ready.",
        sandbox,
        SandboxMetrics::hitRatio);
    counter(
        "chitin.sandbox.refused", "Calls refused for want of a place.", sandbox, m -> m.refused());
    counter("chitin.sandbox.warm.hits", "Calls that found one ready.", sandbox, m -> m.warmHits());
    counter("chitin.sandbox.warm.misses", "Calls that did not.", sandbox, m -> m.warmMisses());
    addVault(vault);
    queue("audit", audit, m -> m.queueDepth());
    queue("sandbox", sandbox, m -> m.waiting());
  }

  /** The queues are a closed set. */
  private <T> void queue(String name, Supplier<T> source, ToDoubleFunction<T> depth) {
    Gauge.builder("chitin.queue.depth", source, from -> depth.applyAsDouble(from.get()))
        .description("What waits in a queue.")
        .tag("queue", name)
        .strongReference(true)
        .register(registry);
  }

  /** The level is a label, so that a query can ask for the machines that are not at the best. */
  private void addVault(LocalVault vault) {
    Gauge.builder("chitin.vault.memory.level", () -> 1)
        .tag("level", SecretMemory.level().toString())
        .description("The level that memory for secrets has; always 1.")
        .register(registry);
    Gauge.builder("chitin.vault.engine", () -> 1)
        .tag("engine", vault.status().engine())
        .description("What does the cryptography; always 1.")
        .register(registry);
    Gauge.builder("chitin.vault.memory.used.bytes", () -> SecretMemory.use().usedBytes())
        .description("Memory for secrets that is lent out.")
        .register(registry);
    Gauge.builder("chitin.vault.memory.capacity.bytes", () -> SecretMemory.use().capacityBytes())
        .description("Memory for secrets that there is.")
        .register(registry);
    Gauge.builder("chitin.vault.leases.held", vault, v -> v.leaseCounts().held())
        .description("Leases that are neither spent nor expired.")
        .register(registry);
    count(
        "chitin.vault.memory.refused",
        "Requests for memory that found no room.",
        vault,
        v -> SecretMemory.use().refusals());
    count(
        "chitin.vault.memory.unclosed",
        "Pieces that nobody closed: defects.",
        vault,
        v -> SecretMemory.use().unclosed());
    count("chitin.vault.leases.granted", "Leases given.", vault, v -> v.leaseCounts().granted());
    count("chitin.vault.leases.used", "Leases spent.", vault, v -> v.leaseCounts().used());
    count(
        "chitin.vault.leases.expired",
        "Leases that nobody spent.",
        vault,
        v -> v.leaseCounts().expired());
    count(
        "chitin.vault.leases.refused",
        "Leases and uses refused.",
        vault,
        v -> v.leaseCounts().refused());
    count(
        "chitin.vault.leaks",
        "Secrets taken out of logs and answers, which are defects, and of prompts.",
        vault,
        v -> v.liveSecrets().alarms());
  }

  private void count(
      String name, String description, LocalVault vault, ToDoubleFunction<LocalVault> value) {
    FunctionCounter.builder(name, vault, value).description(description).register(registry);
  }

  /** Adds whether work should come. */
  void readiness(Readiness readiness) {
    Gauge.builder("chitin.ready", readiness, known -> known.reasons().isEmpty() ? 1 : 0)
        .description("1 while the gateway is ready.")
        .register(registry);
  }

  /** Adds what the edge counts. */
  void edge(Connections connections, OverLimitRecord over) {
    Gauge.builder("chitin.connections", connections, Connections::open)
        .description("Open connections.")
        .register(registry);
    FunctionCounter.builder("chitin.connections.refused", connections, Connections::refused)
        .description("Connections closed at once, being too many in all or of one address.")
        .register(registry);
    FunctionCounter.builder("chitin.ratelimit.hits", over, OverLimitRecord::total)
        .description("Requests refused because somebody asked too often.")
        .register(registry);
  }

  /** Adds what reading the log live counts. */
  void auditStreams(AuditStreams streams) {
    Gauge.builder("chitin.audit.subscribers", streams, AuditStreams::subscribers)
        .description("Clients that read the audit log live.")
        .register(registry);
    FunctionCounter.builder("chitin.audit.gaps", streams, AuditStreams::gaps)
        .description("Live readers of the audit log that were left, being too slow.")
        .register(registry);
  }

  /** Adds what alerts count. */
  void alerts(Alerting alerting) {
    alerting.count(registry);
  }

  /** Adds what pruning by itself counts. */
  void retention(Retention retention) {
    retention.count(registry);
  }

  /** Adds what authentication counts; the kinds are a closed set. */
  void auth(AuthService auth) {
    for (AuthFailureKind kind : AuthFailureKind.values()) {
      FunctionCounter.builder("chitin.auth.failures", auth.failures(), all -> all.of(kind))
          .description("Credentials that were not taken, by kind.")
          .tag("kind", kind.text())
          .register(registry);
    }
    FunctionCounter.builder("chitin.auth.verifications", auth, AuthService::verifications)
        .description("Signatures of tokens that were looked at.")
        .register(registry);
    queue("verification", () -> auth, AuthService::verificationsWaiting);
    Gauge.builder("chitin.pool.active", auth, AuthService::verificationsRunning)
        .description("Threads of a pool that work.")
        .tag("pool", "verification")
        .register(registry);
    auth.issuerAges()
        .forEach(
            (issuer, age) ->
                Gauge.builder("chitin.issuer.keys.age.seconds", age::getAsDouble)
                    .description("Seconds since an issuer's keys were last read.")
                    .tag("issuer", issuer)
                    .register(registry));
    RevocationList revocations = auth.revocations();
    if (revocations != null) {
      Gauge.builder("chitin.client.crl.age.seconds", revocations, RevocationList::age)
          .description("Seconds since the list of revoked certificates was last read.")
          .register(registry);
    }
    Gauge.builder("chitin.sessions", auth.sessions(), SessionTable::size)
        .description("Open sessions.")
        .register(registry);
  }

  /** Adds what requests to model providers came to; the labels are closed sets. */
  void llm(LlmService llm) {
    for (LlmRoute route : LlmRoute.values()) {
      for (LlmCounters.Outcome outcome : LlmCounters.Outcome.values()) {
        FunctionCounter.builder(
                "chitin.llm.requests", llm.counters(), all -> all.requests(route, outcome))
            .description("Requests to model providers, by route and how they ended.")
            .tag("route", route.path())
            .tag("outcome", outcome.label())
            .register(registry);
      }
    }
    for (Dialect dialect : Dialect.values()) {
      for (boolean output : new boolean[] {false, true}) {
        FunctionCounter.builder(
                "chitin.llm.tokens", llm.counters(), all -> all.tokens(dialect, output))
            .description("Tokens that providers reported.")
            .tag("provider", dialect.provider())
            .tag("kind", output ? "output" : "input")
            .register(registry);
      }
    }
    Gauge.builder("chitin.llm.bodies.bytes", llm.room(), BodyRoom::taken)
        .description("Memory that bodies of requests to providers take.")
        .register(registry);
  }

  /** Adds what became of changes of the configuration. */
  void reloads(ConfigReload reload) {
    FunctionCounter.builder("chitin.config.reloads", reload, ConfigReload::applied)
        .description("Changes of the configuration, by what became of them.")
        .tag("outcome", "applied")
        .register(registry);
    FunctionCounter.builder("chitin.config.reloads", reload, ConfigReload::refused)
        .description("Changes of the configuration, by what became of them.")
        .tag("outcome", "refused")
        .register(registry);
  }

  /** Adds how the certificate stands. */
  void certificate(TlsRenewal renewal) {
    Gauge.builder(
            "chitin.tls.certificate.expiry.seconds",
            renewal,
            now -> Duration.between(Instant.now(), now.notAfter()).toSeconds())
        .description("Time until the certificate in use expires.")
        .register(registry);
    FunctionCounter.builder("chitin.tls.renewal.failures", renewal, TlsRenewal::failures)
        .description("Certificates that were found and not used, being unsound.")
        .register(registry);
  }

  /** Adds whether what the edge reads from elsewhere can be read; the names are a closed set. */
  void supplies(Supplies supplies) {
    for (String name : Supplies.ALL) {
      Gauge.builder("chitin.supply.failing", supplies, all -> all.fails(name) ? 1 : 0)
          .description(
              "1 while keys, a list, the certificate or the configuration need the operator.")
          .tag("supply", name)
          .register(registry);
    }
  }

  private void auditGauges(Supplier<AuditMetrics> audit) {
    gauge("chitin.audit.size", "Durable entries.", audit, AuditMetrics::size);
    gauge("chitin.audit.queue.depth", "Events that wait.", audit, AuditMetrics::queueDepth);
    gauge(
        "chitin.audit.checkpoint.size",
        "Entries that the newest checkpoint covers.",
        audit,
        AuditMetrics::checkpointSize);
    gauge(
        "chitin.audit.checkpoint.age.seconds",
        "Since the newest checkpoint was signed.",
        audit,
        AuditMetrics::checkpointAgeSeconds);
    gauge(
        "chitin.audit.witness.lag",
        "Entries that the newest checkpoint covers and no witness has cosigned.",
        audit,
        m -> m.checkpointSize() - m.cosignedSize());
    gauge("chitin.audit.free.bytes", "Free space under the log.", audit, AuditMetrics::freeBytes);
    gauge("chitin.audit.failed", "1 when the log failed.", audit, m -> m.failed() ? 1 : 0);
    gauge(
        "chitin.audit.tree.failing",
        "1 while the tree or its checkpoints do not follow the log.",
        audit,
        m -> m.treeTrouble() == null ? 0 : 1);
  }

  private <T> void gauge(
      String name, String description, Supplier<T> source, ToDoubleFunction<T> value) {
    Gauge.builder(name, source, from -> value.applyAsDouble(from.get()))
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private void counter(
      String name,
      String description,
      Supplier<SandboxMetrics> sandbox,
      ToDoubleFunction<SandboxMetrics> value) {
    FunctionCounter.builder(name, sandbox, source -> value.applyAsDouble(source.get()))
        .description(description)
        .register(registry);
  }

  /** All of it in the text format of Prometheus, version 0.0.4. */
  String scrape() {
    return registry.scrape();
  }
}
