package dev.chitin.audit.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tree against published vectors and against the definition, followed to the letter. */
class FrontierTest {
  private final TreeHash hash = new TreeHash();

  private byte[] leaf(long i) {
    return hash.leaf(("{\"i\":" + i + "}").getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "1, 2Cnt0HE6G7BePNBhaSSkxb3iHjblNxSaICOe2vqIJfE=",
    "2, jXl7tY1h9ngEf9+So5ARexbYcYuVcwOpIxo2z24MX3U=",
    "3, AKcKsZUbOSDpO7cxOBdBlx0JYMGuQc5ky21fozC//MY=",
    "7, 6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=",
    "255, +H9MhWJ0kR/I/e7y53Sl1TMqyAt1sHb7EQZnEVw7mwU=",
    "256, fvDeFJY0H6w/6L36HLT01jyR8UJ0SzU3bpJltq91hhA=",
    "257, Do/CCRy+4nAy1VGGF7NZh5kSlHDVpiCzmsGvT5yGdGQ=",
    "65536, qh1x29Ma1NqD2woDj9EmG16hpKvaxJUqm7/2X24fuks=",
    "70000, RM3ADqGDUEte6WCBjcKYz9F9UPdjy6RHA3G5tU4PYeE="
  })
  void theRootsAreThoseOfTheVectors(int size, String root) {
    var frontier = new Frontier(hash);
    for (int i = 0; i < size; i++) {
      frontier.append(leaf(i));
    }
    assertThat(frontier.size()).isEqualTo(size);
    assertThat(Base64.getEncoder().encodeToString(frontier.root())).isEqualTo(root);
  }

  @Test
  void everyRootIsThatOfTheDefinition() {
    var frontier = new Frontier(hash);
    List<byte[]> leaves = new ArrayList<>();
    for (int size = 1; size <= 300; size++) {
      leaves.add(leaf(size));
      frontier.append(leaf(size));
      assertThat(frontier.root()).isEqualTo(naive(leaves));
    }
  }

  @Test
  void aTreeThatWasWrittenAndReadGrowsOnTheSame() {
    var frontier = new Frontier(hash);
    for (int size = 0; size < 200; size++) {
      ByteBuffer written = ByteBuffer.allocate(frontier.encodedLength());
      frontier.write(written);
      assertThat(written.hasRemaining()).isFalse();
      Frontier read = Frontier.read(hash, written.flip());
      Frontier copy = frontier.copy();
      frontier.append(leaf(size));
      read.append(leaf(size));
      assertThat(read.root()).isEqualTo(frontier.root());
      assertThat(copy.size()).isEqualTo(size);
    }
  }

  private byte[] naive(List<byte[]> leaves) {
    if (leaves.size() == 1) {
      return leaves.getFirst();
    }
    int split = Integer.highestOneBit(leaves.size() - 1);
    return hash.node(
        naive(leaves.subList(0, split)), 0, naive(leaves.subList(split, leaves.size())));
  }
}
