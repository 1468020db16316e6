package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.LogReader;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Needle;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.vault.VaultJournal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The vault's marks in the audit log.
 *
 * <p>Where the last one stands is remembered in a small file, so that an opening reads the log from
 * there on and not from its beginning. The file is a hint and no more: it counts only when a mark
 * stands in the log where it says, and every mark after that is found by reading on. Whoever forges
 * it can make the reading longer, never another mark the last.
 */
final class LogJournal implements VaultJournal {
  private static final Logger LOG = LoggerFactory.getLogger(LogJournal.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Needle KIND = Needle.of("\"kind\":\"VaultState\"");
  private static final int BATCH = 4_096;

  private final DurableAuditLog log;
  private final Path hint;

  /**
   * Keeps the marks in {@code log}.
   *
   * @param hint the file that remembers where the last one stands
   */
  LogJournal(DurableAuditLog log, Path hint) {
    this.log = log;
    this.hint = hint;
  }

  @Override
  public Optional<Mark> last() {
    LogReader reader = log.reader();
    long from = remembered(reader);
    Mark last = null;
    long at = from;
    for (List<LogEntry> entries = reader.read(from, BATCH);
        !entries.isEmpty();
        entries = reader.read(entries.getLast().index() + 1, BATCH)) {
      for (LogEntry entry : entries) {
        Mark mark = mark(entry.json());
        if (mark != null) {
          last = mark;
          at = entry.index();
        }
      }
    }
    if (last != null) {
      remember(at);
    }
    return Optional.ofNullable(last);
  }

  /** Where to begin: at the mark that the hint names, when one stands there. */
  private long remembered(LogReader reader) {
    try {
      if (!Files.isRegularFile(hint, LinkOption.NOFOLLOW_LINKS) || Files.size(hint) > 20) {
        return 0;
      }
      long index = Long.parseLong(Files.readString(hint, StandardCharsets.US_ASCII).strip());
      List<LogEntry> entries = index < 0 ? List.of() : reader.read(index, 1);
      boolean holds = !entries.isEmpty() && mark(entries.getFirst().json()) != null;
      return holds ? index : 0;
    } catch (IOException | NumberFormatException e) {
      LOG.warn("the hint for the vault's last mark cannot be read; the whole log is", e);
      return 0;
    }
  }

  private void remember(long index) {
    Path fresh = hint.resolveSibling(hint.getFileName() + ".tmp");
    try {
      Files.writeString(fresh, Long.toString(index), StandardCharsets.US_ASCII);
      Files.move(fresh, hint, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("the hint for the vault's last mark cannot be written; the next start reads on", e);
    }
  }

  @Override
  public void append(Mark mark) {
    var event =
        new AuditEvent.VaultState(
            mark.action().text(),
            mark.vault(),
            mark.epoch(),
            mark.manifest(),
            mark.previous(),
            mark.detail());
    LogPosition position = await(event);
    if (mark.action().tellsState()) {
      remember(position.index());
    }
  }

  private LogPosition await(AuditEvent event) {
    try {
      return log.append(event, Deadline.after(PATIENCE))
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE.toMillis() * 2, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw ChitinException.from(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw stalled(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stalled(e);
    }
  }

  private static ChitinException stalled(Exception e) {
    return Problem.of(ProblemCode.AUDIT_STALLED, "The log did not take the vault's mark in time.")
        .toException(e);
  }

  /** The mark that {@code json} is, when it is one that tells a state. */
  private static @Nullable Mark mark(Bytes json) {
    if (!KIND.isIn(json.borrow())) {
      return null;
    }
    try {
      return StrictJson.parse(json.borrow()) instanceof JsonValue.Obj entry ? mark(entry) : null;
    } catch (JsonSyntaxException e) {
      throw Problem.of(ProblemCode.AUDIT_CORRUPT, "An entry of the log is no JSON.").toException(e);
    }
  }

  private static @Nullable Mark mark(JsonValue.Obj entry) {
    String text = text(entry, "action");
    for (Action action : Action.values()) {
      if (action.tellsState() && action.text().equals(text)) {
        return new Mark(
            action,
            String.valueOf(text(entry, "vault")),
            entry.get("epoch") instanceof JsonValue.Int epoch ? epoch.value() : -1,
            digest(entry, "manifest"),
            digest(entry, "previous"),
            text(entry, "detail"));
      }
    }
    return null;
  }

  private static @Nullable Digest digest(JsonValue.Obj entry, String name) {
    String text = text(entry, name);
    return text == null ? null : Digest.parse(text);
  }

  private static @Nullable String text(JsonValue.Obj entry, String name) {
    return entry.get(name) instanceof JsonValue.Str value ? value.value() : null;
  }
}
