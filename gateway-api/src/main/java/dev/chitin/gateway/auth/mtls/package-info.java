/**
 * Client certificates: for whom one stands, and whether it was revoked. That its chain leads to the
 * configured authority the TLS handshake has shown.
 */
@NullMarked
package dev.chitin.gateway.auth.mtls;

import org.jspecify.annotations.NullMarked;
