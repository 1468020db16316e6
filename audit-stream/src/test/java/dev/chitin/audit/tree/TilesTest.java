package dev.chitin.audit.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses and widths of tiles. */
class TilesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0, 256, tile/0/000",
    "3, 999, 7, tile/3/999.p/7",
    "-1, 1000, 256, tile/entries/x001/000",
    "63, 1234067, 255, tile/63/x001/x234/067.p/255"
  })
  void aPathIsWrittenAndReadBack(int level, long index, int width, String path) {
    var address = new TileAddress(level, index, width);
    assertThat(address.path()).isEqualTo(path);
    assertThat(TileAddress.parse(path)).contains(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/007",
        "tile/0/000.p/257",
        "tile/0/000.p/",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/entries/x01/234",
        "tile/0/000/",
        "tile/0/000.P/1",
        "/tile/0/000",
        "tile/8/0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/٠٠٠"
      })
  void everyOtherSpellingIsNone(String path) {
    assertThat(TileAddress.parse(path)).isEmpty();
  }

  @Test
  void aTreeHasTheTilesOfItsSizeAndNoWider() throws IOException {
    MemoryHashes at256 = MemoryHashes.of(256);
    assertThat(at256.level(0)).hasSize(256);
    assertThat(at256.level(1)).hasSize(1);
    assertThat(at256.level(2)).isEmpty();
    MemoryHashes at70000 = MemoryHashes.of(70_000);
    assertThat(at70000.level(0)).hasSize(273 * 256 + 112);
    assertThat(at70000.level(1)).hasSize(256 + 17);
    assertThat(at70000.level(2)).hasSize(1);
    for (int level = 0; level < 3; level++) {
      long count = TileAddress.count(level, 70_000);
      assertThat(count).isEqualTo(at70000.level(level).size());
      TileAddress last = TileAddress.holding(level, count - 1, count);
      assertThat(last.isIn(70_000)).isTrue();
      assertThat(new TileAddress(level, last.index(), last.width() + 1).isIn(70_000)).isFalse();
      assertThat(new TileAddress(level, last.index() + 1, 1).isIn(70_000)).isFalse();
    }
    assertThat(new TileAddress(3, 0, 1).isIn(70_000)).isFalse();
    assertThat(new TileAddress(63, 0, 1).isIn(Long.MAX_VALUE)).isFalse();
  }

  @Test
  void aBuilderGoesOnWhereAnotherStopped() throws IOException {
    MemoryHashes whole = MemoryHashes.of(1_000);
    for (int cut : new int[] {0, 1, 255, 256, 257, 767, 768, 999}) {
      MemoryHashes part = MemoryHashes.of(cut);
      TileBuilder rest =
          TileBuilder.resume(cut, part, (level, index, hash) -> part.level(level).add(hash));
      for (int i = cut; i < 1_000; i++) {
        rest.add(MemoryHashes.leaf(i));
      }
      for (int level = 0; level < TileBuilder.LEVELS; level++) {
        assertThat(part.level(level)).containsExactlyElementsOf(whole.level(level));
      }
    }
  }
}
