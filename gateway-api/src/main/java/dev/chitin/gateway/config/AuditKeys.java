package dev.chitin.gateway.config;

import dev.chitin.audit.GuardedField;
import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;

/** The keys of {@code audit}: the tamper-evident log. */
final class AuditKeys {
  private static final Spec TEXT = new Text();

  static final Section SECTION =
      Section.of(
          Spec.Key.of("origin", "The log's name; default chitin.local/audit/local.", TEXT),
          Spec.Key.of(
              "append_timeout_ms",
              "Longest wait for a durable record; default 2000.",
              new Whole(10, 60_000)),
          Spec.Key.of(
              "clear",
              "What entries name in clear, which is otherwise a keyed hash.",
              new ListOf(new Choice(GuardedField.texts()))),
          Spec.Key.of(
              "segment_bytes",
              "Size of one segment file; default 64 MiB.",
              new Whole(1 << 20, 1 << 30)),
          Spec.Key.of(
              "checkpoint",
              "How the log is signed.",
              Section.of(
                  Spec.Key.of(
                      "interval_ms",
                      "Least time between two checkpoints; default 1000.",
                      new Whole(10, 3_600_000)))),
          Spec.Key.of(
              "witness",
              "Who cosigns the log.",
              Section.of(
                  Spec.Key.required("url", "Its submission prefix, http or https.", TEXT),
                  Spec.Key.required("key", "Its verifier key.", TEXT),
                  Spec.Key.of(
                      "required",
                      "How many cosignatures a proof waits for; calls never wait.",
                      new Whole(0, 1)))),
          Spec.Key.of("alerts", "What is worth an alert, and who is told.", AlertKeys.SECTION),
          Spec.Key.of("retention", "How long entries are kept.", RetentionKeys.SECTION));

  private AuditKeys() {}
}
