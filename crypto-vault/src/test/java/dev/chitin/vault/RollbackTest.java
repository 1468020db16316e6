package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An old vault, another one or none, in the place of the one that the log knows. */
class RollbackTest {
  @TempDir Path temporary;
  private VaultFixture vault;
  private Map<Path, byte[]> old = Map.of();

  @BeforeEach
  void create() throws IOException {
    vault = new VaultFixture(temporary).created();
    put(1);
    old = copy();
    put(2);
  }

  private void put(int value) {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", new byte[] {(byte) value});
    }
  }

  private Map<Path, byte[]> copy() throws IOException {
    Map<Path, byte[]> files = new TreeMap<>();
    for (Path file : vault.files()) {
      files.put(file, Files.readAllBytes(file));
    }
    return files;
  }

  private void restore(Map<Path, byte[]> files) throws IOException {
    for (Path file : vault.files()) {
      if (!files.containsKey(file)) {
        Files.delete(file);
      }
    }
    for (Map.Entry<Path, byte[]> file : files.entrySet()) {
      Files.write(file.getKey(), file.getValue());
    }
  }

  private void refused(String rule) {
    Map<Path, byte[]> before = content();
    assertThatThrownBy(() -> vault.open())
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.VAULT_ROLLBACK_DETECTED);
              assertThat(e.problem().rule()).isEqualTo(rule);
              assertThat(e.problem().hint()).contains("--accept-rollback");
            });
    assertThat(vault.journal.actions().getLast()).isEqualTo(Action.ROLLBACK_DETECTED);
    assertThat(content().keySet()).isEqualTo(before.keySet());
  }

  private Map<Path, byte[]> content() {
    try {
      return Files.exists(vault.directory) ? copy() : Map.of();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void anOldVaultPutBackIsRefused() throws IOException {
    Map<Path, byte[]> current = copy();
    restore(old);
    refused("vault.epoch");
    refused("vault.epoch");
    restore(current);
    vault.open().close();
  }

  @Test
  void theOldManifestAloneIsRefused() throws IOException {
    Files.write(vault.directory.resolve("manifest"), old.get(vault.directory.resolve("manifest")));
    assertThatThrownBy(() -> vault.open())
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.VAULT_ROLLBACK_DETECTED));
  }

  @Test
  void theOperatorMayTakeTheOldOneAndThatIsInTheLog() throws IOException {
    restore(old);
    VaultStore.open(vault.setup.withAcceptedRollback(true), vault.credentials()).close();
    assertThat(vault.journal.actions().getLast()).isEqualTo(Action.ACCEPTED);
    put(3);
    vault.open().close();
  }

  @Test
  void aVaultThatIsGoneIsNotMadeAnewInSilence() throws IOException {
    Files.move(vault.directory, temporary.resolve("taken"));
    assertThatThrownBy(
            () ->
                VaultStore.create(
                    vault.setup, SlotRequest.keyFile(Optional.empty()), vault.credentials()))
        .hasMessageContaining("vault.rollback_detected");
    assertThat(Files.exists(vault.directory)).isFalse();
    refused("vault.missing");
    VaultStore.create(
        vault.setup.withAcceptedRollback(true),
        SlotRequest.keyFile(Optional.empty()),
        vault.credentials());
    vault.open().close();
  }

  @Test
  void anotherVaultIsRefusedAlsoWithAKeyThatOpensIt() throws IOException {
    var other = new VaultFixture(temporary.resolve("other"));
    VaultStore.create(other.setup, SlotRequest.keyFile(Optional.empty()), vault.credentials());
    Files.move(vault.directory, temporary.resolve("taken"));
    Files.move(other.directory, vault.directory);
    refused("vault.replaced");
  }

  @Test
  void aLogThatIsGoneIsSeen() {
    vault.journal.marks.clear();
    refused("vault.unrecorded");
  }

  @Test
  void anOldLogIsSeen() {
    List<VaultJournal.Mark> marks = new ArrayList<>(vault.journal.marks);
    vault.journal.marks.clear();
    vault.journal.marks.addAll(marks.subList(0, marks.size() - 2));
    refused("vault.epoch");
  }

  @Test
  void aCommitWhoseConfirmationIsMissingIsRecoveredAndNoOtherState() throws IOException {
    vault.journal.marks.removeLast();
    vault.open().close();
    assertThat(vault.journal.actions().getLast()).isEqualTo(Action.RECOVERED);
    restore(old);
    refused("vault.epoch");
  }

  @Test
  void anAnnouncedCommitThatWasNotDoneIsRecoveredToTheStateBefore() throws IOException {
    VaultJournal.Mark intent = vault.journal.marks.get(vault.journal.marks.size() - 2);
    assertThat(intent.action()).isEqualTo(Action.INTENT);
    vault.journal.marks.removeLast();
    restore(old);
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(1);
    }
    assertThat(vault.journal.actions().getLast()).isEqualTo(Action.RECOVERED);
  }

  @Test
  void withoutALogNothingIsChanged() throws IOException {
    try (VaultStore store = vault.open()) {
      vault.journal.failing = true;
      assertThatThrownBy(() -> VaultFixture.put(store, "t", "a", new byte[] {3}))
          .hasMessageContaining("audit.unavailable");
      vault.journal.failing = false;
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(2);
      assertThat(store.status().writable()).isTrue();
      try (Stream<Path> files = Files.list(vault.directory)) {
        assertThat(files.filter(f -> f.toString().endsWith(".tmp"))).isEmpty();
      }
      VaultFixture.put(store, "t", "a", new byte[] {4});
    }
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(4);
      assertThat(store.status().orphans()).isZero();
    }
  }

  /** The log may be pruned up to such a mark: it has to be true, and the last one. */
  @Test
  void aMarkOfWhereItStandsNeverComesBetweenThoseOfAChange() throws Exception {
    var announced = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    try (VaultStore store = vault.open();
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      vault.journal.before =
          () -> {
            if (announced.getCount() > 0) {
              announced.countDown();
              try {
                goOn.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            }
          };
      Future<?> change = threads.submit(() -> VaultFixture.put(store, "t", "a", new byte[] {3}));
      announced.await();
      var asking = new AtomicReference<Thread>();
      Future<?> mark =
          threads.submit(
              () -> {
                asking.set(Thread.currentThread());
                store.markClosed();
              });
      while (!mark.isDone() && !waits(asking.get())) {
        Thread.onSpinWait();
      }
      goOn.countDown();
      change.get();
      mark.get();
    }
    assertThat(vault.journal.actions()).endsWith(Action.INTENT, Action.COMMITTED, Action.CLOSED);
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(3);
    }
  }

  private static boolean waits(@Nullable Thread thread) {
    return thread != null
        && (thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.BLOCKED);
  }

  /** After a rename that may have happened, the announcement is what the next opening needs. */
  @Test
  void aVaultThatDoesNotKnowWhereItStandsMakesNoMark() throws IOException {
    var disk = new VaultFixture.FailingDisk();
    try (VaultStore store = vault.open(disk)) {
      disk.failing = "syncdir";
      assertThatThrownBy(() -> VaultFixture.put(store, "t", "a", new byte[] {3}))
          .isInstanceOf(ChitinException.class);
      assertThat(store.status().writable()).isFalse();
      List<Action> before = vault.journal.actions();
      disk.failing = "";
      assertThatThrownBy(store::markClosed)
          .isInstanceOfSatisfying(
              ChitinException.class,
              refused -> assertThat(refused.code()).isEqualTo(ProblemCode.VAULT_UNAVAILABLE));
      assertThat(vault.journal.actions()).isEqualTo(before);
    }
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).hasSize(1);
    }
  }
}
