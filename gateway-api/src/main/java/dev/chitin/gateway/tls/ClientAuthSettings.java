package dev.chitin.gateway.tls;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who vouches for clients.
 *
 * @param ca PEM file of the authorities
 * @param required whether a connection without a client certificate is refused
 * @param crl file of revoked certificates, or null when the operator keeps none
 */
public record ClientAuthSettings(Path ca, boolean required, @Nullable Path crl) {}
