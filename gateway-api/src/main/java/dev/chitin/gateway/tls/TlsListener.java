package dev.chitin.gateway.tls;

import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a listener speaks TLS: versions 1.2 and 1.3 alone, and of 1.2 only what has forward secrecy
 * and authenticates as it encrypts; HTTP/2 and HTTP/1.1 by ALPN; BoringSSL where its library is
 * present, else the JDK.
 */
public final class TlsListener {
  private static final Set<String> VERSIONS = new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2"));
  private static final List<String> SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private TlsListener() {}

  /** What encrypts here: {@code BoringSSL} or {@code JDK}. */
  public static String engine() {
    return OpenSSLEngineOptions.isAvailable() ? "BoringSSL" : "JDK";
  }

  /**
   * Turns TLS on.
   *
   * @param authority who vouches for clients, or null when they are not asked for certificates
   */
  public static void secure(
      HttpServerOptions options, TlsIdentity identity, @Nullable ClientAuthority authority) {
    SSLEngineOptions engine =
        OpenSSLEngineOptions.isAvailable() ? new OpenSSLEngineOptions() : new JdkSSLEngineOptions();
    options
        .setSsl(true)
        .setUseAlpn(true)
        // Whoever negotiates nothing may speak 1.0 here as in clear: proxies and their checks do.
        .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1, HttpVersion.HTTP_1_0))
        .setSslEngineOptions(engine)
        .setKeyCertOptions(pair(identity))
        .setEnabledSecureTransportProtocols(VERSIONS);
    SUITES.forEach(options::addEnabledCipherSuite);
    if (authority != null) {
      options
          .setClientAuth(authority.required() ? ClientAuth.REQUIRED : ClientAuth.REQUEST)
          .setTrustOptions(new PemTrustOptions().addCertValue(authority.pem()));
    }
  }

  /** The same with another identity, for a listener that is up. */
  public static ServerSSLOptions renewed(HttpServerOptions options, TlsIdentity identity) {
    ServerSSLOptions renewed = options.getSslOptions().copy();
    renewed.setKeyCertOptions(pair(identity));
    return renewed;
  }

  private static PemKeyCertOptions pair(TlsIdentity identity) {
    return new PemKeyCertOptions().addCertValue(identity.certificate()).addKeyValue(identity.key());
  }
}
