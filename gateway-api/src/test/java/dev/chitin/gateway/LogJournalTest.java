package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vault's marks in a real log, and the hint of where the last one stands. */
class LogJournalTest {
  private static final String VAULT = "0".repeat(32);

  @TempDir Path temporary;
  private DurableAuditLog log;
  private Path hint;

  @BeforeEach
  void open() {
    log = DurableAuditLog.open(AuditSettings.of(temporary.resolve("audit"), "test", "0"));
    hint = temporary.resolve("vault.position");
  }

  @AfterEach
  void close() {
    log.close();
  }

  private LogJournal journal() {
    return new LogJournal(log, hint);
  }

  private static Mark mark(Action action, long epoch) {
    return new Mark(
        action, VAULT, epoch, Digest.ofUtf8("m" + epoch), Digest.ofUtf8("m" + (epoch - 1)), null);
  }

  private void noise() throws Exception {
    log.append(
            new AuditEvent.Lifecycle("start", "0", "\"kind\":\"VaultState\""),
            Deadline.after(Duration.ofSeconds(5)))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void theLastMarkThatTellsAStateIsFoundAsItWasWritten() throws Exception {
    assertThat(journal().last()).isEmpty();
    journal().append(mark(Action.INTENT, 1));
    noise();
    journal().append(mark(Action.COMMITTED, 2));
    journal().append(mark(Action.UNLOCK_FAILED, 2));
    journal().append(mark(Action.ROLLBACK_DETECTED, 2));
    noise();
    assertThat(journal().last()).contains(mark(Action.COMMITTED, 2));
    var sentence = new Mark(Action.RECOVERED, VAULT, 3, null, null, "said");
    journal().append(sentence);
    assertThat(journal().last()).contains(sentence);
  }

  @Test
  void noHintMakesAnotherMarkTheLast() throws Exception {
    journal().append(mark(Action.COMMITTED, 1));
    String first = Files.readString(hint);
    noise();
    journal().append(mark(Action.COMMITTED, 2));
    for (String forged :
        new String[] {first, "0", "1", "99999", "-1", "", "x", "123456789012345678901"}) {
      Files.writeString(hint, forged);
      assertThat(journal().last()).as(forged).contains(mark(Action.COMMITTED, 2));
    }
    Files.delete(hint);
    assertThat(journal().last()).contains(mark(Action.COMMITTED, 2));
    assertThat(Files.readString(hint)).isEqualTo("2");
  }

  @Test
  void aHintThatCannotBeWrittenHindersNothing() throws IOException {
    Files.createDirectory(hint);
    Files.writeString(hint.resolve("in-the-way"), "");
    journal().append(mark(Action.COMMITTED, 1));
    assertThat(journal().last()).contains(mark(Action.COMMITTED, 1));
  }
}
