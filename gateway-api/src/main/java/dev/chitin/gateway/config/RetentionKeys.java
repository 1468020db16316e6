package dev.chitin.gateway.config;

import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;

/** The section {@code audit.retention}: how long entries are kept. */
public final class RetentionKeys {
  /** A century. */
  public static final long MOST_HOURS = 876_000;

  public static final long MOST_EVENTS = 1_000_000_000_000L;

  static final Section SECTION =
      Section.of(
          Spec.Key.of(
              "max_age_hours",
              "Entries older than this go, by whole segments; default any age is kept.",
              new Whole(1, MOST_HOURS)),
          Spec.Key.of(
              "max_events",
              "Entries before so many newest ones go, by whole segments; default all are kept.",
              new Whole(1, MOST_EVENTS)),
          Spec.Key.of(
              "archive",
              "Directory to which entries are copied, and verified, before they go; no tool sees"
                  + " it. Default none.",
              new Text()));

  private RetentionKeys() {}
}
