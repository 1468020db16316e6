package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.completed;
import static dev.chitin.audit.Events.soon;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;

/**
 * Writes to the log in {@code args[0]} from 64 chains of calls until it is killed, and prints
 * {@code <index> <leaf hash>} for each entry that was acknowledged.
 */
final class CrashWriter {
  private final DurableAuditLog log;
  private final PrintStream out;

  private CrashWriter(DurableAuditLog log, PrintStream out) {
    this.log = log;
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    AuditSettings settings =
        AuditSettings.of(Path.of(args[0]), "n1", "0.1.0")
            .withSegmentBytes(1 << 20)
            .withMinFreeBytes(0)
            .withCheckpointInterval(Duration.ofMillis(10));
    var writer =
        new CrashWriter(
            DurableAuditLog.open(settings),
            new PrintStream(System.out, true, StandardCharsets.US_ASCII));
    writer.log.signWith(TestSigner.ofVectors(settings.origin()));
    Events.await(writer.log.append(Events.note("up"), soon()));
    writer.log.proof(0, soon()); // No kill comes before the first checkpoint.
    for (int i = 0; i < 64; i++) {
      writer.call();
    }
    new CountDownLatch(1).await();
  }

  private void call() {
    String id = UUID.randomUUID().toString();
    log.authorize(authorized(id), soon())
        .onSuccess(
            receipt -> {
              acknowledged(receipt.position());
              log.append(completed(id), soon())
                  .onSuccess(
                      position -> {
                        acknowledged(position);
                        call();
                      });
            });
  }

  private void acknowledged(LogPosition position) {
    out.print(position.index() + " " + position.leafHash() + "\n");
  }
}
