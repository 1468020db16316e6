package dev.chitin.gateway;

import dev.chitin.gateway.auth.AuthSettings;
import dev.chitin.gateway.auth.jwt.IssuerSettings;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.tls.ClientAuthSettings;
import dev.chitin.gateway.tls.TlsSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The files that say who the gateway is, whom it knows and what it does. A tool that reads one may
 * stand in for the gateway, and one that writes it commands it, in whatever directory it lies.
 */
final class OwnFiles {
  private OwnFiles() {}

  static List<Path> of(EdgeSettings edge, AuthSettings auth, AlertOptions alerts, ChitinHome home) {
    List<Path> files = new ArrayList<>();
    TlsSettings tls = edge.tls();
    if (tls != null) {
      files.add(tls.cert());
      files.add(tls.key());
      ClientAuthSettings clients = tls.clients();
      if (clients != null) {
        Stream.of(clients.ca(), clients.crl()).filter(Objects::nonNull).forEach(files::add);
      }
    }
    for (IssuerSettings issuer : auth.issuers()) {
      switch (issuer.keys()) {
        case IssuerSettings.Keys.InFile in -> files.add(in.file());
        case IssuerSettings.Keys.AtUrl at -> {
          if (at.ca() != null) {
            files.add(at.ca());
          }
        }
      }
    }
    alerts.webhooks().stream()
        .filter(AlertOptions.Hook::isInFile)
        .forEach(hook -> files.add(home.expand(hook.secret())));
    return List.copyOf(files);
  }
}
