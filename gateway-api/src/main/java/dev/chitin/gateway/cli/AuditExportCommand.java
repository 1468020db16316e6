package dev.chitin.gateway.cli;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogExport;
import dev.chitin.audit.LogReader;
import dev.chitin.audit.PublishedLog;
import dev.chitin.audit.export.EntryFormat;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit export}: the log for others, as proof or in their formats. */
@Command(
    name = "export",
    description = {
      "Write the signed log as static files, or its entries in the format of others.",
      "--dir makes a new directory with files as C2SP tlog-tiles has them; --format "
          + "prints entries to stdout, one a line."
    })
final class AuditExportCommand implements Callable<Integer> {
  private static final int PAGE = 1_000;

  private final Session session;

  @Option(names = "--dir", paramLabel = "DIR", description = "Where to.")
  private @Nullable Path target;

  @Option(names = "--log", description = "Another log directory.")
  private @Nullable Path log;

  @Option(
      names = "--proof",
      paramLabel = "INDEX",
      description = "Also the proof of this entry and the entry; may be given again.")
  private @Nullable List<Long> proofs;

  @Option(
      names = "--format",
      description =
          "ocsf (OCSF 1.8.0 JSON), syslog (RFC 5424) or otlp (OpenTelemetry log records).")
  private @Nullable String format;

  @Option(names = "--from", defaultValue = "0", paramLabel = "INDEX", description = "First entry.")
  private long from;

  @Option(names = "--to", paramLabel = "INDEX", description = "Last entry; default the newest.")
  private @Nullable Long to;

  AuditExportCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    Path directory = directory();
    if ((format == null) == (target == null)) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "Name --dir or --format, one of them.")
          .withHint("--dir DIR writes tiles and proofs, --format ocsf|syslog|otlp prints entries.")
          .toException();
    }
    if (from < 0 || (to != null && to < from)) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "--from and --to are no range of entries.")
          .withHint("Entries are counted from 0; --to is the last one.")
          .toException();
    }
    if (format != null && proofs != null) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "--proof goes with --dir.")
          .withHint("Proofs are files beside the tiles.")
          .toException();
    }
    if (target != null) {
      var export = new LogExport(PublishedLog.stored(directory), target);
      long entries = export.write(proofs == null ? List.of() : proofs);
      session.out().println("exported " + entries + " entries to " + target);
    } else if (format != null) {
      print(directory, format(format));
    }
    return ExitCode.OK.value();
  }

  private static EntryFormat format(String name) {
    return EntryFormat.of(name)
        .orElseThrow(
            () ->
                Problem.of(ProblemCode.REQUEST_MALFORMED, "There is no such format.")
                    .withHint("Formats are " + String.join(", ", EntryFormat.texts()) + ".")
                    .toException());
  }

  private void print(Path directory, EntryFormat wanted) {
    var reader = new LogReader(directory);
    long last = to == null ? Long.MAX_VALUE : to;
    long next = from;
    List<LogEntry> entries = reader.read(next, PAGE);
    while (!entries.isEmpty() && next <= last && !session.out().checkError()) {
      for (LogEntry entry : entries) {
        if (entry.index() <= last) {
          byte[] line = line(wanted, entry);
          session.out().write(line, 0, line.length);
        }
      }
      next = entries.getLast().index() + 1;
      entries = reader.read(next, PAGE);
    }
    session.out().flush();
  }

  private static byte[] line(EntryFormat wanted, LogEntry entry) {
    return (wanted.format(entry) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private Path directory() throws IOException {
    return LogDirectory.require(log == null ? session.home().audit() : log, "--log");
  }
}
