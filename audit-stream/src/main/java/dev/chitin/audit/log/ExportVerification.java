package dev.chitin.audit.log;

import dev.chitin.audit.Expectations;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.LogVerification;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.audit.tree.TreeHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One walk over an export in the static layout of C2SP tlog-tiles. */
public final class ExportVerification {
  /** Longest file that is read: a bundle of the longest entries that the format has. */
  private static final int MAX_BUNDLE = 256 * (2 + 65_535);

  private final Path directory;
  private final CheckpointCheck checkpoint;
  private final long size;
  private final TreeCheck tree;
  private final TreeHash hash = new TreeHash();
  private long minimum;
  private int bundles;
  private long bytes;

  private final LogRecords records = new LogRecords();

  private ExportVerification(Path directory, Expectations expected) throws IOException {
    this.directory = directory;
    this.checkpoint = CheckpointCheck.read(directory, expected);
    this.size = checkpoint.checkpoint().map(c -> c.size()).orElse(0L);
    this.tree = new TreeCheck(new Tiles(), true, checkpoint.sizes());
  }

  /** Walks the export in {@code directory}, which it only reads. */
  public static LogVerification of(Path directory, Expectations expected) throws IOException {
    var walk = new ExportVerification(directory, expected);
    Optional<LogFault> fault = walk.run();
    return new LogVerification(
        walk.tree.size(),
        walk.tree.root(),
        walk.bundles,
        walk.bytes,
        0,
        walk.checkpoint.checkpoint(),
        walk.checkpoint.signer(walk.tree, walk.records.rotations()),
        walk.checkpoint.newest(walk.records.rotations()),
        fault);
  }

  private Optional<LogFault> run() throws IOException {
    if (checkpoint.checkpoint().isEmpty()) {
      return checkpoint
          .fault(null, tree, List.of())
          .or(() -> Optional.of(new LogFault(0, "checkpoint", 0, "there is no checkpoint")));
    }
    long stated = Minimum.read(directory).index();
    minimum = Math.min(stated, size / Minimum.UNIT * Minimum.UNIT);
    for (long first = 0; first < minimum; first += Minimum.UNIT) {
      Optional<LogFault> fault = pruned(first);
      if (fault.isPresent()) {
        return fault;
      }
    }
    for (long first = minimum; first < size; first += 256) {
      Optional<LogFault> fault = bundle(TileAddress.holding(TileAddress.ENTRIES, first, size));
      if (fault.isPresent()) {
        return fault;
      }
    }
    Optional<LogFault> fault =
        tree.fault()
            .or(() -> checkpoint.fault(null, tree, records.rotations()))
            .or(() -> records.fault(stated));
    return fault.isPresent() ? fault : surplus();
  }

  /** Of a bundle that was pruned the hashes stand. */
  private Optional<LogFault> pruned(long first) throws IOException {
    TileAddress address = TileAddress.holding(0, first, size);
    byte[] tile =
        DurableFile.read(directory.resolve(address.path()), MAX_BUNDLE).orElse(new byte[0]);
    if (tile.length != Minimum.UNIT * TreeHash.BYTES) {
      return Optional.of(
          new LogFault(first, address.path(), 0, "hashes of pruned entries are missing"));
    }
    for (int at = 0; at < tile.length; at += TreeHash.BYTES) {
      tree.add(Arrays.copyOfRange(tile, at, at + TreeHash.BYTES));
    }
    return tree.fault();
  }

  private Optional<LogFault> bundle(TileAddress address) throws IOException {
    Optional<byte[]> file = DurableFile.read(directory.resolve(address.path()), MAX_BUNDLE);
    if (file.isEmpty()) {
      return Optional.of(new LogFault(tree.size(), address.path(), 0, "the bundle is missing"));
    }
    bundles++;
    bytes += file.get().length;
    ByteBuffer in = ByteBuffer.wrap(file.get());
    for (int i = 0; i < address.width(); i++) {
      int at = in.position();
      int length = in.remaining() < 2 ? -1 : Short.toUnsignedInt(in.getShort());
      if (length < 1 || length > in.remaining()) {
        return Optional.of(new LogFault(tree.size(), address.path(), at, "the bundle ends early"));
      }
      byte[] entry = new byte[length];
      in.get(entry);
      Optional<LogFault> fault = entry(address, at, entry);
      if (fault.isPresent()) {
        return fault;
      }
    }
    return in.hasRemaining()
        ? Optional.of(
            new LogFault(
                tree.size(), address.path(), in.position(), "there are bytes after the last entry"))
        : Optional.empty();
  }

  private Optional<LogFault> entry(TileAddress address, int at, byte[] entry) throws IOException {
    byte[] leaf = hash.leaf(entry);
    if (tree.contradicts(tree.size(), leaf)) {
      return Optional.of(
          new LogFault(
              tree.size(), address.path(), at, "the entry is not the one whose hash is stored"));
    }
    records.observe(tree.size(), entry);
    tree.add(leaf);
    return tree.fault();
  }

  /** Files of tiles that are not of the checkpoint's tree, and entries of what was pruned. */
  private Optional<LogFault> surplus() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("tile"))) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString().replace('\\', '/'))
          .filter(path -> !belongs(path))
          .sorted()
          .findFirst()
          .map(
              path ->
                  new LogFault(
                      size, path, 0, "the checkpoint does not cover this file, or it was pruned"));
    }
  }

  private boolean belongs(String path) {
    return TileAddress.parse(path)
        .filter(
            tile ->
                tile.isIn(size)
                    && (tile.level() != TileAddress.ENTRIES || tile.first() >= minimum)
                    && tile.equals(
                        TileAddress.holding(
                            tile.level(), tile.first(), TileAddress.count(tile.level(), size))))
        .isPresent();
  }

  private final class Tiles implements TileSource {
    @Override
    public byte[] tile(int level, long index) throws IOException {
      @Nullable TileAddress address = address(level, index);
      if (address == null) {
        return new byte[0];
      }
      byte[] tile =
          DurableFile.read(directory.resolve(address.path()), MAX_BUNDLE).orElse(new byte[0]);
      return tile.length == address.width() * TreeHash.BYTES ? tile : new byte[0];
    }

    private @Nullable TileAddress address(int level, long index) {
      long count = TileAddress.count(level, size);
      return index * 256 < count ? TileAddress.holding(level, index * 256, count) : null;
    }

    @Override
    public String name(int level, long index) {
      TileAddress address = address(level, index);
      return address == null ? "tile/" + level : address.path();
    }

    @Override
    public long offset(long index, int place) {
      return (long) place * TreeHash.BYTES;
    }
  }
}
