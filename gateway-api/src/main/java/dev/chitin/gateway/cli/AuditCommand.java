package dev.chitin.gateway.cli;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.LogReader;
import dev.chitin.audit.LogVerification;
import dev.chitin.audit.LogVerifier;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit}: reads the log's files, with the gateway up or down. */
@Command(name = "audit", description = "Show the audit log, or verify all of it.")
final class AuditCommand {
  private static final int PAGE = 1_000;
  private static final long POLL_MILLIS = 200;

  private final Session session;

  AuditCommand(Session session) {
    this.session = session;
  }

  @Command(name = "tail", description = "Print the newest entries, one JSON object a line.")
  int tail(
      @Option(
              names = {"-n", "--lines"},
              defaultValue = "20",
              description = "How many; default 20.")
          int lines,
      @Option(
              names = {"-f", "--follow"},
              description = "Go on as entries come.")
          boolean follow,
      @Option(names = "--json", description = "Print JSON (it always does).") boolean json,
      @Option(names = "--dir", description = "Another log directory.") @Nullable Path directory)
      throws IOException {
    Path log = directory(directory);
    var reader = new LogReader(log);
    long next = Math.max(0, LogVerifier.verify(log).entries() - Math.max(0, lines));
    while (true) {
      List<LogEntry> entries = reader.read(next, PAGE);
      entries.forEach(this::print);
      session.out().flush();
      next += entries.size();
      if (entries.isEmpty()) {
        if (!follow || Thread.interrupted() || session.out().checkError()) {
          return ExitCode.OK.value();
        }
        // Another process writes the files; there is nothing to be woken by.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
      }
    }
  }

  private void print(LogEntry entry) {
    String line = new String(entry.json().borrow(), StandardCharsets.UTF_8);
    session
        .out()
        .println(
            "{\"index\":" + entry.index() + ",\"entry\":" + Texts.printable(line, false) + "}");
  }

  @Command(
      name = "verify",
      description = "Check every entry, checksum and tree root; works on a copy as well.")
  int verify(
      @Option(names = "--json", description = "Print JSON.") boolean json,
      @Option(names = "--dir", description = "Another log directory.") @Nullable Path directory)
      throws IOException {
    LogVerification log = LogVerifier.verify(directory(directory));
    if (json) {
      session.print(json(log));
    } else if (log.intact()) {
      session
          .out()
          .printf(
              "ok: %d entries in %d segments, root %s%n",
              log.entries(), log.segments(), log.root());
    } else {
      LogFault fault = log.fault().orElseThrow();
      session
          .out()
          .println("DAMAGED after " + log.entries() + " good entries: " + fault.describe());
    }
    return (log.intact() ? ExitCode.OK : ExitCode.VERIFICATION_FAILED).value();
  }

  private static JsonValue.Obj json(LogVerification log) {
    JsonValue.Builder report =
        JsonValue.object()
            .put("intact", log.intact())
            .put("entries", log.entries())
            .put("root", log.root().toString())
            .put("segments", log.segments())
            .put("bytes", log.bytes())
            .put("unfinishedBytes", log.unfinishedBytes());
    log.fault().ifPresent(fault -> report.put("fault", fault.describe()));
    return report.build();
  }

  private Path directory(@Nullable Path named) {
    Path directory = named == null ? session.home().audit() : named;
    if (!Files.isDirectory(directory)) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "There is no audit log in " + directory + ".")
          .withHint("Set CHITIN_HOME, or name the directory with --dir.")
          .toException();
    }
    return directory;
  }
}
