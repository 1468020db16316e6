package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;

/** A log that is open, and what it is signed with. */
final class SignedLog implements AutoCloseable {
  final DurableAuditLog log;
  final LogKeyFiles files;
  final LogKeys keys;

  /**
   * @param directory of the log
   * @param place finds the key files of the opened log
   */
  SignedLog(Path directory, Function<DurableAuditLog, LogKeyFiles> place, InstantSource clock) {
    AuditSettings settings = settings(directory);
    log = DurableAuditLog.open(settings);
    try {
      files = place.apply(log);
      keys = LogKeys.open(log, settings.origin(), files, clock);
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  static AuditSettings settings(Path directory) {
    return AuditSettings.of(directory, "test", "0")
        .withSegmentBytes(1 << 20)
        .withMinFreeBytes(0)
        .withCheckpointInterval(Duration.ofMillis(10));
  }

  /** Writes an entry that a checkpoint covers, and gives the key that signs. */
  VerifierKey write() throws Exception {
    log.append(new AuditEvent.Lifecycle("start", "0", "x"), soon())
        .toCompletionStage()
        .toCompletableFuture()
        .get();
    log.proof(log.publication().size() - 1, soon());
    return keys.newest();
  }

  /** Those of {@code known} that signed the newest checkpoint, once it covers everything. */
  List<VerifierKey> signers(VerifierKey... known) throws Exception {
    write();
    return log.published().checkpoint().orElseThrow().signedBy(List.of(known));
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(30));
  }

  @Override
  public void close() {
    try {
      log.endSigning(Duration.ofSeconds(30));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    keys.close();
    log.close();
  }
}
