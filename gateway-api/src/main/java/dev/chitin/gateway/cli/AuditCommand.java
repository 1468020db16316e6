package dev.chitin.gateway.cli;

import dev.chitin.audit.Expectations;
import dev.chitin.audit.LogExport;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.LogVerification;
import dev.chitin.audit.LogVerifier;
import dev.chitin.audit.PublishedLog;
import dev.chitin.audit.log.RotationMark;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin audit}: reads the log's files, with the gateway up or down. */
@Command(
    name = "audit",
    description = "Show the audit log, verify it, prove an entry, export it, or witness others.")
final class AuditCommand {
  private final Session session;

  AuditCommand(Session session) {
    this.session = session;
  }

  @Command(name = "tail", description = "Print the newest entries, one JSON object a line.")
  int tail(
      @Option(
              names = {"-n", "--lines"},
              defaultValue = "20",
              description = "How many, 0 to 100000; default 20.")
          int lines,
      @Option(
              names = {"-f", "--follow"},
              description = "Go on as entries come.")
          boolean follow,
      @Option(names = "--json", description = "Print JSON (it always does).") boolean json,
      @Option(names = "--dir", description = "Another log directory.") @Nullable Path directory)
      throws IOException {
    if (lines < 0 || lines > AuditTail.MOST_LINES) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED, "--lines is 0 to " + AuditTail.MOST_LINES + ".")
          .withHint("chitin audit export gives the whole log.")
          .toException();
    }
    var tail = new AuditTail(session);
    if (directory == null && AdminClient.listens(session.home().adminSocket())) {
      try (var client = new AdminClient(session.home().adminSocket())) {
        tail.ask(client, lines, follow);
      }
    } else {
      tail.read(directory(directory), lines, follow);
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "verify",
      description = {
        "Check a log or an export: entries, checksums, tiles, tree roots, checkpoint.",
        "Works on a copy, without the vault. Exit code 6 when something is wrong; the first bad"
            + " entry is named. After the log's key was rotated the old key still leads to the new"
            + " one with --since a checkpoint that the old one signed and that covers the"
            + " rotation's entry."
      })
  int verify(
      @Option(names = "--json", description = "Print JSON.") boolean json,
      @Option(
              names = "--key",
              paramLabel = "VKEY",
              description =
                  "The log's verifier key, kept elsewhere (chitin audit key); may be given again,"
                      + " for a log whose key was rotated.")
          @Nullable List<String> keys,
      @Option(
              names = "--since",
              paramLabel = "FILE",
              description = "A checkpoint of this log, saved earlier: the log has to extend it.")
          @Nullable Path since,
      @Option(names = "--dir", description = "Another log directory, or an export.")
          @Nullable Path directory)
      throws IOException {
    LogVerification log = LogVerifier.verify(directory(directory), expectations(keys, since));
    if (json) {
      session.print(json(log));
    } else if (log.intact()) {
      session
          .out()
          .printf(
              "ok: %d entries in %d segments, root %s%n",
              log.entries(), log.segments(), log.root());
      session.out().println("checkpoint: " + describe(log, keys));
      rotation(log).ifPresent(session.out()::println);
    } else {
      LogFault fault = log.fault().orElseThrow();
      session
          .out()
          .println(
              "DAMAGED after "
                  + log.entries()
                  + " good entries: "
                  + Texts.printable(fault.describe(), false));
    }
    return (log.intact() ? ExitCode.OK : ExitCode.VERIFICATION_FAILED).value();
  }

  private static String describe(LogVerification log, @Nullable List<String> given) {
    if (log.checkpoint().isEmpty()) {
      return "none yet; nothing shows that this log was not replaced as a whole";
    }
    String covers = log.checkpoint().map(Checkpoint::size).orElse(0L) + " entries";
    if (!log.signed()) {
      return covers + ", signature not checked: there is no key (--key)";
    }
    if (given == null) {
      return covers + ", signed by the key beside the log; --key compares with one kept elsewhere";
    }
    VerifierKey signer = log.signer().orElseThrow();
    return verifierKeys(given).contains(signer)
        ? covers + ", signed by the given key"
        : covers + ", signed by " + signer + ", to which the log hands over from the given key";
  }

  /** What whoever holds the old key has to know in time. */
  private static Optional<String> rotation(LogVerification log) {
    return log.rotation()
        .filter(r -> log.signer().filter(r.from()::equals).isPresent())
        .map(
            r ->
                "rotation: entry %d hands over to %s; the old key signs until %s"
                    .formatted(r.index(), r.to(), r.until()));
  }

  /** Each option holds a key, or what {@code chitin audit key} prints: one a line. */
  private static List<VerifierKey> verifierKeys(List<String> given) {
    List<VerifierKey> keys = new ArrayList<>();
    for (String text : given) {
      List<VerifierKey> read = VerifierKey.parseAll(text);
      if (read.isEmpty()) {
        throw unusable("--key is not a verifier key: name+id+base64.");
      }
      keys.addAll(read);
    }
    return keys;
  }

  private static Expectations expectations(@Nullable List<String> given, @Nullable Path since)
      throws IOException {
    Expectations expected = Expectations.NONE;
    if (given != null) {
      expected = new Expectations(verifierKeys(given), Optional.empty());
    }
    try {
      return since == null ? expected : expected.since(Files.readAllBytes(since));
    } catch (NoSuchFileException e) {
      throw unusable("--since names a file that does not exist: " + since + ".");
    } catch (FileSystemException e) {
      throw unusable("--since cannot be read: " + e.getMessage() + ".");
    } catch (NoteSyntaxException e) {
      throw unusable("--since is not a checkpoint: " + e.getMessage() + ".");
    }
  }

  private static ChitinException unusable(String detail) {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, detail)
        .withHint("chitin audit key prints the key; GET /v1/audit/checkpoint gives checkpoints.")
        .toException();
  }

  private static JsonValue.Obj json(LogVerification log) {
    JsonValue.Builder report =
        JsonValue.object()
            .put("intact", log.intact())
            .put("entries", log.entries())
            .put("root", log.root().toString())
            .put("segments", log.segments())
            .put("bytes", log.bytes())
            .put("unfinishedBytes", log.unfinishedBytes())
            .put("signed", log.signed())
            .put("signedBy", log.signer().map(VerifierKey::toString).orElse(null));
    log.rotation().ifPresent(rotation -> report.put("rotatedAt", rotation.index()));
    log.checkpoint().ifPresent(checkpoint -> report.put("checkpointSize", checkpoint.size()));
    log.fault()
        .ifPresent(
            fault ->
                report
                    .put("fault", fault.describe())
                    .put("faultIndex", fault.index())
                    .put("faultFile", fault.segment())
                    .put("faultOffset", fault.offset()));
    return report.build();
  }

  @Command(
      name = "proof",
      description = "Print the proof of one entry (C2SP tlog-proof), or write it with the entry.")
  int proof(
      @Parameters(paramLabel = "INDEX", description = "The entry's index.") long index,
      @Option(names = "--dir", description = "Another log directory.") @Nullable Path directory,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              description = "Write INDEX.tlog-proof and INDEX.json there.")
          @Nullable Path out)
      throws IOException {
    PublishedLog log = PublishedLog.stored(directory(directory));
    if (out == null) {
      session.out().print(new String(log.proof(index).bytes(), StandardCharsets.UTF_8));
    } else {
      LogExport.proof(log, out, index);
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "key",
      description = {
        "Print the log's verifier key, for people to keep elsewhere.",
        "While the key is being rotated the old one follows on a second line."
      })
  int key(
      @Option(names = "--json", description = "Print JSON.") boolean json,
      @Option(names = "--dir", description = "Another log directory.") @Nullable Path named)
      throws IOException {
    Path directory = directory(named);
    Path file = directory.resolve("vkey");
    if (!Files.exists(file)) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "The log has no key yet.")
          .withHint("Start the gateway once: it makes the key and signs the log.")
          .toException();
    }
    List<String> keys = Files.readString(file).lines().toList();
    boolean two = keys.size() > 1;
    Optional<Instant> until =
        two ? RotationMark.read(directory).map(RotationMark::until) : Optional.empty();
    if (json) {
      session.print(
          JsonValue.object()
              .put("key", keys.getFirst())
              .put("oldKey", two ? keys.getLast() : null)
              .put("until", until.map(Instant::toString).orElse(null))
              .build());
    } else {
      keys.forEach(key -> session.out().println(Texts.printable(key, false)));
      until.ifPresent(
          end -> session.err().println("the second is the old key, which signs until " + end));
    }
    return ExitCode.OK.value();
  }

  private Path directory(@Nullable Path named) throws IOException {
    return LogDirectory.require(named == null ? session.home().audit() : named, "--dir");
  }
}
