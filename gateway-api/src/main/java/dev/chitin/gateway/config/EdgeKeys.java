package dev.chitin.gateway.config;

import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.Flag;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;
import dev.chitin.gateway.logging.LogFormat;
import java.util.List;

/** The keys of {@code gateway}: the HTTP edge. */
final class EdgeKeys {
  private static final Spec TEXT = new Text();
  private static final Spec TEXTS = new ListOf(TEXT);

  static final Section SECTION =
      Section.of(
          Spec.Key.of(
              "host",
              "Address or name to listen on, without port; beyond loopback only with tls; default 127.0.0.1.",
              TEXT),
          Spec.Key.of(
              "port", "Port to listen on; 0 picks a free one; default 8787.", new Whole(0, 65_535)),
          Spec.Key.of(
              "hosts",
              "Further names under which clients reach the gateway: host stands for it with the"
                  + " gateway's own port and with the scheme's (443, or 80 without TLS), host:port for"
                  + " that port alone.",
              TEXTS),
          Spec.Key.of(
              "limits",
              "Bounds of the edge.",
              Section.of(
                  Spec.Key.of(
                      "connections", "Connections at once; default 10000.", new Whole(1, 100_000)),
                  Spec.Key.of(
                      "connections_per_address",
                      "Connections of one peer address at once; default 256.",
                      new Whole(1, 100_000)),
                  Spec.Key.of(
                      "header_timeout_ms",
                      "Time in which a request's header must be whole; default 10000.",
                      new Whole(100, 600_000)),
                  Spec.Key.of(
                      "header_bytes",
                      "Size of all header fields; default 16 KiB.",
                      new Whole(1_024, 1 << 20)),
                  Spec.Key.of(
                      "body_bytes",
                      "Size of a call's body; default 1 MiB.",
                      new Whole(1_024, 64 << 20)),
                  Spec.Key.of(
                      "llm_body_bytes",
                      "Size of the body of a request to a model provider; default 32 MiB.",
                      new Whole(1_024, 256 << 20)),
                  Spec.Key.of(
                      "llm_bodies_bytes",
                      "Size of all such bodies at once; default 256 MiB.",
                      new Whole(1_024, 1L << 40)),
                  Spec.Key.of(
                      "body_timeout_ms",
                      "Time to send a body; default 30000.",
                      new Whole(100, 600_000)),
                  Spec.Key.of(
                      "calls", "Running calls in all; default 1024.", new Whole(1, 100_000)),
                  Spec.Key.of(
                      "calls_per_principal",
                      "Running calls of one principal; default 128.",
                      new Whole(1, 100_000)),
                  Spec.Key.of(
                      "call_timeout_ms",
                      "Longest call; default 120000.",
                      new Whole(100, 3_600_000)),
                  Spec.Key.of(
                      "event_streams",
                      "Open streams of calls' events in all; default 2048. Each is a connection, and"
                          + " some 13 KiB of memory.",
                      new Whole(1, 50_000)),
                  Spec.Key.of(
                      "event_streams_per_principal",
                      "Streams of calls' events of one principal; default 32.",
                      new Whole(1, 50_000)),
                  Spec.Key.of(
                      "event_streams_per_call",
                      "Streams of one call's events; default 8.",
                      new Whole(1, 50_000)))),
          Spec.Key.of(
              "drain",
              "How the gateway ends its service when it is told to stop.",
              Section.of(
                  Spec.Key.of(
                      "delay_ms",
                      "How long it still serves while /health/ready says draining; default 5000.",
                      new Whole(0, 3_600_000)),
                  Spec.Key.of(
                      "timeout_ms",
                      "How long running calls and requests to providers then have before they are"
                          + " cancelled; default 30000.",
                      new Whole(0, 3_600_000)))),
          Spec.Key.of(
              "log_format",
              "How lines of the log are written; default text.",
              new Choice(LogFormat.texts())),
          Spec.Key.of("access_log", "A log line for each answer; default false.", new Flag()),
          Spec.Key.of("cors_origins", "Origins of web pages that may call.", TEXTS),
          Spec.Key.of(
              "tls",
              "Certificate and key.",
              Section.of(
                  Spec.Key.of("cert", "PEM file of the certificate chain.", TEXT),
                  Spec.Key.of(
                      "key",
                      "PEM file of the private key: RSA from 2048 bits on, or EC on P-256, P-384 or"
                          + " P-521.",
                      TEXT),
                  Spec.Key.of("terminated_upstream", "A proxy in front does TLS.", new Flag()),
                  Spec.Key.of(
                      "client_ca", "PEM file of the authorities that vouch for clients.", TEXT),
                  Spec.Key.of(
                      "client_auth",
                      "Whether clients may or must have a certificate of theirs.",
                      new Choice(List.of("request", "required"))),
                  Spec.Key.of(
                      "client_crl",
                      "File of the authorities' lists of revoked certificates; without a current one"
                          + " no certificate is taken.",
                      TEXT))),
          Spec.Key.of(
              "rate_limit",
              "Requests of one principal; an address has twenty times that.",
              Section.of(
                  Spec.Key.of(
                      "requests_per_minute",
                      "Sustained rate; default 6000.",
                      new Whole(1, 10_000_000)),
                  Spec.Key.of("burst", "Requests at once; default 200.", new Whole(1, 1_000_000)))),
          Spec.Key.of(
              "session",
              "How long sessions last.",
              Section.of(
                  Spec.Key.of(
                      "idle_ms",
                      "After how long without use one ends; default half an hour.",
                      new Whole(1_000, 86_400_000)),
                  Spec.Key.of(
                      "absolute_ms",
                      "After how long one ends in any case, not before idle_ms; default twelve hours.",
                      new Whole(1_000, 30L * 86_400_000)))));

  private EdgeKeys() {}
}
