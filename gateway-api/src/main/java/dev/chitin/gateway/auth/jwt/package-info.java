/**
 * Signed tokens of configured issuers (RFC 7519): read, held against their issuer's keys (RFC
 * 7517), remembered for a while. Nothing that a token says about keys is ever followed.
 */
@NullMarked
package dev.chitin.gateway.auth.jwt;

import org.jspecify.annotations.NullMarked;
