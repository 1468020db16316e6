package dev.chitin.audit.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.TestSigner;
import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.log.Storage;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.audit.tree.TileBuilder;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The witness protocol, and that it never cosigns two trees that differ. */
class WitnessTest {
  private static final String ORIGIN = "chitin.example/audit/n1";
  private static final int MOST = 600;

  @TempDir Path temp;
  private final TestSigner log = TestSigner.ofVectors(ORIGIN);
  private final TestSigner self = TestSigner.of("witness.example/w1", 77);

  private Witness open() throws IOException {
    return open(new DiskStorage());
  }

  private Witness open(Storage storage) throws IOException {
    return Witness.open(
        temp.resolve("memory"), storage, self, List.of(log.verifierKey()), () -> 1_800_000_000L);
  }

  /** A tree whose entries from {@code fork} on are others. */
  private static StoredTree tree(int fork) throws IOException {
    List<List<byte[]>> levels = new ArrayList<>();
    for (int i = 0; i < TileBuilder.LEVELS; i++) {
      levels.add(new ArrayList<>());
    }
    var builder = new TileBuilder((level, index, hash) -> levels.get(level).add(hash.clone()));
    for (int i = 0; i < MOST; i++) {
      String entry = (i < fork ? "entry " : "forged ") + i;
      builder.add(new TreeHash().leaf(entry.getBytes(StandardCharsets.US_ASCII)));
    }
    return new StoredTree(
        (level, first, count) -> {
          byte[] row = new byte[count * 32];
          for (int i = 0; i < count; i++) {
            System.arraycopy(levels.get(level).get((int) first + i), 0, row, i * 32, 32);
          }
          return row;
        });
  }

  private SignedNote note(StoredTree tree, long size, TestSigner by, String origin)
      throws IOException {
    String text = new Checkpoint(origin, size, tree.root(size)).text();
    return SignedNote.of(text, by.verifierKey(), by.sign(text.getBytes(StandardCharsets.UTF_8)));
  }

  private byte[] body(StoredTree tree, long old, long size) throws IOException {
    return new Submission(old, tree.consistency(old, size), note(tree, size, log, ORIGIN)).bytes();
  }

  @Test
  void itCosignsWhatExtendsWhatItKnows() throws Exception {
    StoredTree tree = tree(MOST);
    try (Witness witness = open()) {
      for (long[] step : new long[][] {{0, 3}, {3, 3}, {3, 256}, {256, 257}, {257, 600}}) {
        Witness.Answer answer = witness.add(body(tree, step[0], step[1]));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        SignedNote.Line line = SignedNote.Line.parse(answer.body().strip());
        SignedNote note = note(tree, step[1], log, ORIGIN).with(List.of(line));
        assertThat(note.signedBy(List.of(witness.key(), log.verifierKey()))).hasSize(2);
      }
    }
  }

  @Test
  void itRefusesWhatIsOldForkedUnknownUnsignedOrMalformed() throws Exception {
    StoredTree tree = tree(MOST);
    StoredTree fork = tree(100);
    try (Witness witness = open()) {
      assertThat(witness.add(body(tree, 0, 300)).status()).isEqualTo(200);
      Witness.Answer rollback = witness.add(body(tree, 0, 200));
      assertThat(rollback).isEqualTo(new Witness.Answer(409, "300\n"));
      assertThat(witness.add(body(tree, 200, 400))).isEqualTo(new Witness.Answer(409, "300\n"));
      assertThat(witness.add(body(fork, 300, 300)).status()).isEqualTo(409);
      assertThat(witness.add(body(fork, 300, 400)).status()).isEqualTo(422);
      var noProof = new Submission(300, List.of(), note(tree, 400, log, ORIGIN));
      assertThat(witness.add(noProof.bytes()).status()).isEqualTo(422);
      var other = new Submission(0, List.of(), note(tree, 5, TestSigner.of("x/y", 1), "x/y"));
      assertThat(witness.add(other.bytes()).status()).isEqualTo(404);
      var forged = new Submission(0, List.of(), note(tree, 5, TestSigner.of(ORIGIN, 1), ORIGIN));
      assertThat(witness.add(forged.bytes()).status()).isEqualTo(403);
      var backwards = new Submission(400, List.of(), note(tree, 300, log, ORIGIN));
      assertThat(witness.add(backwards.bytes()).status()).isEqualTo(400);
      for (String bad : List.of("", "old 1\n", "old x\n\n", "old 0\n\nnothing", "new 0\n\na\n")) {
        assertThat(witness.add(bad.getBytes(StandardCharsets.UTF_8)).status()).isEqualTo(400);
      }
      var long64 = new ArrayList<Digest>();
      for (int i = 0; i < 64; i++) {
        long64.add(Digest.ofUtf8("h" + i));
      }
      var long64Body = new Submission(300, long64, note(tree, 400, log, ORIGIN)).bytes();
      assertThat(witness.add(long64Body).status()).isEqualTo(400);
      assertThat(witness.add(body(tree, 300, 400)).status()).isEqualTo(200);
    }
  }

  /** A checkpoint that two keys signed. */
  private static byte[] rotated(
      StoredTree tree, long old, long size, TestSigner by, TestSigner last) throws IOException {
    String text = new Checkpoint(ORIGIN, size, tree.root(size)).text();
    byte[] message = text.getBytes(StandardCharsets.UTF_8);
    var note =
        new SignedNote(
            text,
            List.of(
                SignedNote.Line.of(by.verifierKey(), by.sign(message)),
                SignedNote.Line.of(last.verifierKey(), last.sign(message))));
    return new Submission(old, tree.consistency(old, size), note).bytes();
  }

  @Test
  void acrossARotationItTakesWhatAKnownKeySignedAndNothingElse() throws Exception {
    StoredTree tree = tree(MOST);
    TestSigner fresh = TestSigner.of(ORIGIN, 9);
    TestSigner other = TestSigner.of(ORIGIN, 7);
    // The witness of the old key follows as long as the old key signs.
    try (Witness witness = open()) {
      assertThat(witness.add(rotated(tree, 0, 300, log, fresh)).status()).isEqualTo(200);
      assertThat(witness.add(rotated(tree, 300, 310, fresh, other)).status()).isEqualTo(403);
    }
    // Given both, it takes either; given the new one alone, what that one signed.
    try (Witness witness = witness(log, fresh)) {
      assertThat(witness.add(rotated(tree, 300, 310, log, fresh)).status()).isEqualTo(200);
      assertThat(witness.add(body(tree, 310, 320)).status()).isEqualTo(200);
      assertThat(witness.add(rotated(tree, 320, 330, fresh, other)).status()).isEqualTo(200);
      assertThat(witness.add(rotated(tree, 330, 340, other, other)).status()).isEqualTo(403);
      // One good signature does not make up for a wrong one of a known key.
      SignedNote good = note(tree, 340, log, ORIGIN);
      var spoiled =
          good.with(List.of(SignedNote.Line.of(fresh.verifierKey(), fresh.sign(new byte[] {1}))));
      var body = new Submission(330, tree.consistency(330, 340), spoiled).bytes();
      assertThat(witness.add(body).status()).isEqualTo(403);
    }
    try (Witness witness = witness(fresh)) {
      assertThat(witness.add(body(tree, 330, 340)).status()).isEqualTo(403);
      assertThat(witness.add(rotated(tree, 330, 340, log, fresh)).status()).isEqualTo(200);
    }
  }

  private Witness witness(TestSigner... logs) throws IOException {
    return Witness.open(
        temp.resolve("memory"),
        new DiskStorage(),
        self,
        Stream.of(logs).map(TestSigner::verifierKey).toList(),
        () -> 1_800_000_000L);
  }

  @Test
  void itRemembersOverARestartAndOnlyOneProcessHasTheMemory() throws Exception {
    StoredTree tree = tree(MOST);
    try (Witness witness = open()) {
      assertThat(witness.add(body(tree, 0, 300)).status()).isEqualTo(200);
      assertThatThrownBy(this::open).isInstanceOf(ChitinException.class);
    }
    try (Witness witness = open()) {
      assertThat(witness.add(body(tree(100), 0, 200))).isEqualTo(new Witness.Answer(409, "300\n"));
      assertThat(witness.add(body(tree, 300, 301)).status()).isEqualTo(200);
    }
  }

  @Test
  void itSignsNothingThatItCouldNotRemember() throws Exception {
    var disk = new DiskStorage();
    var failing =
        (Storage)
            Proxy.newProxyInstance(
                Storage.class.getClassLoader(),
                new Class<?>[] {Storage.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("syncDirectory")) {
                    throw new IOException("Input/output error");
                  }
                  return method.invoke(disk, arguments);
                });
    StoredTree tree = tree(MOST);
    try (Witness witness = open(failing)) {
      byte[] body = body(tree, 0, 300);
      assertThatThrownBy(() -> witness.add(body)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void ofTwoForksAtOnceOneIsCosigned() throws Exception {
    StoredTree tree = tree(MOST);
    StoredTree fork = tree(50);
    try (Witness witness = open();
        var threads = Executors.newFixedThreadPool(8)) {
      var requests = new ArrayList<Callable<Witness.Answer>>();
      for (int i = 0; i < 16; i++) {
        byte[] body = body(i % 2 == 0 ? tree : fork, 0, 100L + i);
        requests.add(() -> witness.add(body));
      }
      int signed = 0;
      for (var answer : threads.invokeAll(requests)) {
        signed += answer.get().status() == 200 ? 1 : 0;
      }
      assertThat(signed).isEqualTo(1);
    }
  }
}
