package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.http.CorsOrigin;
import dev.chitin.gateway.http.EdgeBounds;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.http.OwnHosts;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import dev.chitin.gateway.tls.ClientAuthSettings;
import dev.chitin.gateway.tls.TlsSettings;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Reads the section {@code gateway} of a checked configuration, but for how it is operated. */
final class EdgeSettingsReader {
  private static final int DEFAULT_PORT = 8787;

  private final JsonFields gateway;
  private final ChitinHome home;

  EdgeSettingsReader(JsonFields gateway, ChitinHome home) {
    this.gateway = gateway;
    this.home = home;
  }

  EdgeSettings settings() {
    JsonFields limits = limits(gateway);
    return new EdgeSettings(
        ListenerCheck.host(gateway.string("host").orElse("127.0.0.1")),
        Math.toIntExact(gateway.integer("port", 0, 65_535).orElse((long) DEFAULT_PORT)),
        each("hosts", OwnHosts::checked),
        each("cors_origins", CorsOrigin::checked),
        gateway.fields("tls").flatMap(this::tls).orElse(null),
        gateway.fields("tls").flatMap(tls -> tls.bool("terminated_upstream")).orElse(false),
        rateLimit(gateway),
        sessions(gateway),
        new EdgeBounds(
            bound(limits, "connections", 10_000),
            bound(limits, "connections_per_address", 256),
            bound(limits, "header_bytes", 16 * 1024),
            bound(limits, "header_timeout_ms", 10_000),
            bound(limits, "body_bytes", 1 << 20),
            bound(limits, "body_timeout_ms", 30_000),
            bound(limits, "calls", 1_024),
            bound(limits, "calls_per_principal", 128),
            bound(limits, "call_timeout_ms", 120_000),
            streams(limits)));
  }

  private static StreamBounds streams(JsonFields limits) {
    StreamBounds d = StreamBounds.DEFAULT;
    return new StreamBounds(
        bound(limits, "event_streams", d.total()),
        bound(limits, "event_streams_per_principal", d.perPrincipal()),
        bound(limits, "event_streams_per_call", d.perCall()));
  }

  /** Its section {@code limits}, empty when there is none. */
  static JsonFields limits(JsonFields gateway) {
    return gateway.fields("limits").orElseGet(() -> JsonFields.of(JsonValue.Obj.EMPTY, ""));
  }

  /** The entries of a list, each checked under its own key. */
  private Set<String> each(String name, BinaryOperator<String> checked) {
    List<String> entries = gateway.strings(name).orElse(List.of());
    return IntStream.range(0, entries.size())
        .mapToObj(i -> checked.apply(entries.get(i), "gateway." + name + "[" + i + "]"))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Certificate and key go together; a proxy in front has both. */
  private Optional<TlsSettings> tls(JsonFields tls) {
    Optional<String> cert = tls.string("cert");
    Optional<String> key = tls.string("key");
    if (cert.isPresent() != key.isPresent()) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "gateway.tls has only one of cert and key.")
          .withRule("gateway.tls")
          .withHint("Name both, or neither.")
          .toException();
    }
    Optional<ClientAuthSettings> clients = clients(tls);
    if (clients.isPresent() && cert.isEmpty()) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.tls.client_ca asks clients for certificates, and there is no TLS.")
          .withRule("gateway.tls.client_ca")
          .withHint("Name cert and key: a proxy in front cannot vouch for a client's certificate.")
          .toException();
    }
    return cert.map(
        file ->
            new TlsSettings(
                home.expand(file), home.expand(key.orElseThrow()), clients.orElse(null)));
  }

  private Optional<ClientAuthSettings> clients(JsonFields tls) {
    Optional<String> ca = tls.string("client_ca");
    Optional<String> asked = tls.string("client_auth");
    Optional<String> crl = tls.string("client_crl");
    if (ca.isPresent() != asked.isPresent() || (crl.isPresent() && ca.isEmpty())) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.tls has only a part of client_ca, client_auth and client_crl.")
          .withRule("gateway.tls")
          .withHint("Name client_ca, and say client_auth: request or required; client_crl may be.")
          .toException();
    }
    return ca.map(
        file ->
            new ClientAuthSettings(
                home.expand(file),
                asked.orElseThrow().equals("required"),
                crl.map(home::expand).orElse(null)));
  }

  private static SessionBounds sessions(JsonFields gateway) {
    SessionBounds d = SessionBounds.DEFAULT;
    return gateway.fields("session").map(session -> sessions(session, d)).orElse(d);
  }

  /** A default idle time is no longer than a session may last. */
  private static SessionBounds sessions(JsonFields session, SessionBounds d) {
    long absolute =
        session.integer("absolute_ms", 1_000, 30L * 86_400_000).orElse(d.absoluteMillis());
    long idle =
        session.integer("idle_ms", 1_000, 86_400_000).orElse(Math.min(d.idleMillis(), absolute));
    if (idle > absolute) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.session.idle_ms is "
                  + idle
                  + ", and no session lasts longer than absolute_ms, "
                  + absolute
                  + ": it would never be too long idle.")
          .withRule("gateway.session.idle_ms")
          .withHint("Set idle_ms to less than absolute_ms, or absolute_ms to more.")
          .toException();
    }
    return new SessionBounds(idle, absolute, d.perPrincipal(), d.total());
  }

  private static RateLimit rateLimit(JsonFields gateway) {
    RateLimit d = RateLimit.DEFAULT;
    return gateway
        .fields("rate_limit")
        .map(
            limit ->
                new RateLimit(
                    limit
                        .integer("requests_per_minute", 1, 10_000_000)
                        .orElse(d.requestsPerMinute()),
                    limit.integer("burst", 1, 1_000_000).orElse(d.burst())))
        .orElse(d);
  }

  private static int bound(JsonFields limits, String name, int byDefault) {
    return Math.toIntExact(limits.integer(name, 0, Integer.MAX_VALUE).orElse((long) byDefault));
  }
}
