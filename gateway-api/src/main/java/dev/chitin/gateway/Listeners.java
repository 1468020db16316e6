package dev.chitin.gateway;

import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.http.HttpEdge;
import dev.chitin.gateway.http.HttpVerticle;
import dev.chitin.gateway.http.Listener;
import dev.chitin.gateway.tls.ClientAuthority;
import dev.chitin.gateway.tls.TlsIdentity;
import dev.chitin.gateway.tls.TlsRenewal;
import dev.chitin.gateway.tls.TlsSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The listeners of the edge, one on each event loop, and the identity that they show. */
final class Listeners {
  private final EdgeSettings settings;
  private final @Nullable TlsIdentity identity;
  private final @Nullable ClientAuthority authority;
  private final List<HttpVerticle> verticles = new ArrayList<>();

  private Listeners(
      EdgeSettings settings, @Nullable TlsIdentity identity, @Nullable ClientAuthority authority) {
    this.settings = settings;
    this.identity = identity;
    this.authority = authority;
  }

  /**
   * Reads what they need of TLS; nothing listens yet.
   *
   * @throws dev.chitin.bus.ChitinException when it cannot be used
   */
  static Listeners of(EdgeSettings settings) {
    TlsSettings tls = settings.tls();
    return new Listeners(
        settings,
        tls == null ? null : TlsIdentity.read(tls),
        tls == null || tls.clients() == null ? null : ClientAuthority.read(tls.clients()));
  }

  /** Who vouches for clients by certificates, or null. */
  @Nullable ClientAuthority authority() {
    return authority;
  }

  /** Listens. Blocks. */
  void open(HttpEdge edge, Interior interior) {
    // Vert.x shares one random port among the listeners that ask for the same negative number.
    int port = settings.port() == 0 ? -1 : settings.port();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      verticles.add(new HttpVerticle(edge, port, identity, authority));
      interior.deploy(verticles.getLast(), failure -> Listening.explained(failure, settings));
    }
  }

  /** Has a certificate that is renewed on disk used from now on; null without TLS. */
  @Nullable TlsRenewal renewal(Vertx vertx) {
    TlsSettings tls = settings.tls();
    return tls == null || identity == null
        ? null
        : new TlsRenewal(vertx, tls, identity, this::renew);
  }

  private Future<?> renew(TlsIdentity renewed) {
    return Future.all(verticles.stream().map(listener -> listener.renew(renewed)).toList());
  }

  /** Takes no more connections; ends those that are open with their last answer, or then. */
  Future<?> shutDown(Duration timeout) {
    return Future.all(verticles.stream().map(listener -> listener.shutDown(timeout)).toList());
  }

  /** All of them and {@code other}. */
  List<Listener> with(Listener other) {
    List<Listener> all = new ArrayList<>(verticles);
    all.add(other);
    return all;
  }

  int port() {
    return verticles.getFirst().actualPort();
  }

  /** Where they listen, {@code http://127.0.0.1:8787} say. */
  String url() {
    return settings.scheme() + "://" + settings.literalHost() + ":" + port();
  }
}
