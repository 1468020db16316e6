package dev.chitin.gateway;

import dev.chitin.audit.RetentionPolicy;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.gateway.config.RetentionKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code audit.retention}. */
final class RetentionSettingsReader {
  private static final String ARCHIVE = "audit.retention.archive";

  private RetentionSettingsReader() {}

  /**
   * Reads the settings.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for an archive that could hold
   *     nothing, or that nothing would go to
   */
  static RetentionPolicy read(JsonFields retention, ChitinHome home) {
    var policy =
        new RetentionPolicy(
            retention
                .integer("max_age_hours", 1, RetentionKeys.MOST_HOURS)
                .map(Duration::ofHours)
                .orElse(null),
            retention.integer("max_events", 1, RetentionKeys.MOST_EVENTS).orElse(0L),
            retention.string("archive").map(home::expand).orElse(null));
    check(policy.archive(), policy, home);
    return policy;
  }

  private static void check(@Nullable Path archive, RetentionPolicy policy, ChitinHome home) {
    if (archive == null) {
      return;
    }
    if (policy.maxAge() == null && policy.maxEvents() == 0) {
      throw invalid(
          "would get nothing: no entry ever goes",
          "Say with max_age_hours or max_events what goes, or leave the archive out; chitin audit"
              + " prune --archive names its own.");
    }
    if (archive.toAbsolutePath().normalize().startsWith(home.audit())) {
      throw invalid("lies in the log's own directory", "Name a directory on another disk, say.");
    }
    if (Files.exists(archive) && !Files.isDirectory(archive)) {
      throw invalid(
          archive + " is no directory", "Name a directory; it is made when it is needed.");
    }
  }

  private static RuntimeException invalid(String why, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, ARCHIVE + ": " + why + ".")
        .withRule(ARCHIVE)
        .withHint(hint)
        .toException();
  }
}
