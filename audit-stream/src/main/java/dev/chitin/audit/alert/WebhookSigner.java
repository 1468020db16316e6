package dev.chitin.audit.alert;

/**
 * Whoever holds the key of a webhook; the log's module never sees it. Safe for use from any thread.
 */
@FunctionalInterface
public interface WebhookSigner {

  /** HMAC-SHA256 (RFC 2104) of {@code message} under the webhook's key: 32 bytes. */
  byte[] sign(byte[] message);
}
