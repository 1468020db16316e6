package dev.chitin.gateway.auth;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Everything by which a request says who sends it.
 *
 * @param authorization every {@code Authorization} field
 * @param apiKey every {@code x-api-key} field
 * @param certificates the chain of the connection's client, its own first; empty when it has none
 */
public record Presented(
    List<String> authorization, List<String> apiKey, List<X509Certificate> certificates) {}
