package dev.chitin.audit.alert;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.export.EntryFormat;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.Base64;

/**
 * One alert as a webhook (Standard Webhooks 1.0.0): the entry as OCSF JSON (Detection Finding,
 * 2004), named by the entry's {@code uid}, which is the same at each try.
 *
 * @param id {@code Webhook-Id}
 * @param alert which alert
 * @param body JSON, UTF-8
 */
record WebhookRequest(String id, String alert, Buffer body) {

  static WebhookRequest of(LogEntry entry) {
    Observed observed = Observed.of(entry);
    return new WebhookRequest(
        observed.text("uid"),
        observed.text("alert"),
        Buffer.buffer(EntryFormat.OCSF.format(entry)));
  }

  /** The header fields of a try at {@code seconds} since 1970. */
  MultiMap headers(long seconds, WebhookSigner signer) {
    byte[] signed = Buffer.buffer(id + "." + seconds + ".").appendBuffer(body).getBytes();
    return MultiMap.caseInsensitiveMultiMap()
        .add("Content-Type", "application/json")
        .add("User-Agent", "chitin")
        .add("Webhook-Id", id)
        .add("Webhook-Timestamp", Long.toString(seconds))
        .add(
            "Webhook-Signature",
            "v1," + new String(Base64.getEncoder().encode(signer.sign(signed)), UTF_8));
  }
}
