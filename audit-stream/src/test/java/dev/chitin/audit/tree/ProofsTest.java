package dev.chitin.audit.tree;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Proofs against the published vectors, the definition, and each kind of forgery. */
class ProofsTest {
  private final TreeHash hash = new TreeHash();

  private static List<String> base64(List<Digest> hashes) {
    return hashes.stream().map(h -> Base64.getEncoder().encodeToString(h.borrow())).toList();
  }

  private byte[] naive(List<byte[]> leaves) {
    if (leaves.size() == 1) {
      return leaves.getFirst();
    }
    int split = Integer.highestOneBit(leaves.size() - 1);
    return hash.node(
        naive(leaves.subList(0, split)), 0, naive(leaves.subList(split, leaves.size())));
  }

  @Test
  void theProofsAreThoseOfTheVectors() throws IOException {
    var tree = new StoredTree(MemoryHashes.of(7));
    assertThat(base64(tree.inclusion(6, 7)))
        .containsExactly(
            "el9IKrsNpCo+KtBVIwfm/pg0I71PaE6ReG0gDWP6PtA=",
            "hkH548xF2RdwxU4+XUd9PO7ztp8GA8EgsuKSk2RIBtU=");
    assertThat(base64(tree.consistency(3, 7)))
        .containsExactly(
            "3t8ellaME6WCe7y4TZIK2yHZibXaT2Hea9Bg5SeS2pE=",
            "gR+MJClAf/75fl1Ogf+IsSZJHIFQFu7+yHl8q59j0SU=",
            "jXl7tY1h9ngEf9+So5ARexbYcYuVcwOpIxo2z24MX3U=",
            "5IixK2We8g2SjTfhRkvvtuv1yrandXJANT/RDZ7TLJo=");
  }

  @Test
  void everyProofOfEverySmallTreeHoldsAndNoOtherOne() throws IOException {
    int most = 530;
    var hashes = new MemoryHashes();
    var tree = new StoredTree(hashes);
    var leaves = new ArrayList<byte[]>();
    var roots = new ArrayList<Digest>();
    roots.add(tree.root(0));
    for (int size = 1; size <= most; size++) {
      hashes.add(size - 1);
      leaves.add(MemoryHashes.leaf(size - 1));
      roots.add(tree.root(size));
      assertThat(roots.getLast()).isEqualTo(Digest.ofBytes(naive(leaves)));
      boolean thorough = size < 70 || size % 61 == 0 || (size > 510 && size < 516);
      for (int i = 0; i < size; i += thorough ? 1 : 37) {
        Digest leaf = Digest.ofBytes(leaves.get(i));
        List<Digest> path = tree.inclusion(i, size);
        assertThat(Proofs.includes(i, leaf, path, size, roots.get(size))).isTrue();
        assertThat(Proofs.includes(i ^ 1, leaf, path, size, roots.get(size))).isFalse();
        assertThat(Proofs.includes(i, leaf, path, size, roots.get(size - 1))).isFalse();
        List<Digest> proof = tree.consistency(i, size);
        assertThat(Proofs.consistent(i, roots.get(i), size, roots.get(size), proof)).isTrue();
        if (i > 0) {
          Digest other = roots.get(i - 1);
          assertThat(Proofs.consistent(i, other, size, roots.get(size), proof)).isFalse();
          assertThat(Proofs.consistent(i, roots.get(i), size, other, proof)).isFalse();
        }
      }
    }
  }

  @Test
  void proofsAreTheSameWithRootsThatAreRemembered() throws IOException {
    int size = 20_000;
    MemoryHashes hashes = MemoryHashes.of(size);
    var plain = new StoredTree(hashes);
    long[] read = {0};
    HashReader counted =
        (level, first, count) -> {
          read[0] += count;
          return hashes.read(level, first, count);
        };
    for (int most : new int[] {0, 3, 1_000}) {
      var known = new SubtreeRoots(most);
      long[] reads = new long[2];
      for (int pass = 0; pass < 2; pass++) {
        read[0] = 0;
        for (int i = 0; i < size; i += 613) {
          // A tree of its own each time, as each request has.
          var tree = new StoredTree(counted, known);
          assertThat(tree.inclusion(i, size)).isEqualTo(plain.inclusion(i, size));
          assertThat(tree.consistency(i, size)).isEqualTo(plain.consistency(i, size));
        }
        reads[pass] = read[0];
      }
      assertThat(reads[1] < reads[0]).as("remembered: %d", most).isEqualTo(most == 1_000);
    }
  }

  @Test
  void proofsThatAreCutLengthenedOrMadeOfOthersAreRefused() throws IOException {
    var tree = new StoredTree(MemoryHashes.of(300));
    Digest leaf = Digest.ofBytes(MemoryHashes.leaf(41));
    Digest foreign = Digest.ofUtf8("a hash of nothing in the tree");
    Digest root = tree.root(300);
    List<Digest> path = tree.inclusion(41, 300);
    List<Digest> chain = tree.consistency(41, 300);
    for (int i = 0; i < path.size(); i++) {
      var changed = new ArrayList<>(path);
      changed.set(i, foreign);
      assertThat(Proofs.includes(41, leaf, changed, 300, root)).isFalse();
      assertThat(Proofs.includes(41, leaf, path.subList(0, i), 300, root)).isFalse();
    }
    for (int i = 0; i < chain.size(); i++) {
      var changed = new ArrayList<>(chain);
      changed.set(i, foreign);
      assertThat(Proofs.consistent(41, tree.root(41), 300, root, changed)).isFalse();
      assertThat(Proofs.consistent(41, tree.root(41), 300, root, chain.subList(0, i))).isFalse();
    }
    var longer = new ArrayList<>(path);
    longer.add(leaf);
    assertThat(Proofs.includes(41, leaf, longer, 300, root)).isFalse();
    var more = new ArrayList<>(chain);
    more.add(leaf);
    assertThat(Proofs.consistent(41, tree.root(41), 300, root, more)).isFalse();
    assertThat(Proofs.includes(300, leaf, path, 300, root)).isFalse();
    assertThat(Proofs.consistent(0, leaf, 300, root, List.of())).isFalse();
    assertThat(Proofs.consistent(300, leaf, 300, root, List.of())).isFalse();
  }
}
