package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;

/** Makes leaf hashes from the entries on disk, where the hash files lag behind them. */
final class LeafSource {
  private final LogDirectory directory;
  private final TreeHash hash = new TreeHash();

  LeafSource(LogDirectory directory) {
    this.directory = directory;
  }

  /**
   * Appends the leaves from {@code files}' size on up to {@code size}, which are all durable.
   *
   * @throws LogDamage when an entry among them is not whole
   */
  void catchUp(HashFiles files, long size) throws IOException, LogDamage {
    List<SegmentName> segments = directory.segments();
    if (!segments.isEmpty() && files.size() < segments.getFirst().firstIndex()) {
      throw new LogDamage(
          new LogFault(
              files.size(), "hashes-0", 0, "the hash of an entry is missing that was pruned"));
    }
    for (int i = 0; i < segments.size() && files.size() < size; i++) {
      boolean ends = i + 1 < segments.size() && segments.get(i + 1).firstIndex() <= files.size();
      if (!ends) {
        segment(segments.get(i), files, size);
      }
    }
    if (files.size() < size) {
      throw new LogDamage(new LogFault(files.size(), "none", 0, "the entry is missing"));
    }
  }

  private void segment(SegmentName name, HashFiles files, long size) throws IOException, LogDamage {
    try (FileChannel file = directory.read(name)) {
      SegmentHeader.Located located = SegmentHeader.read(file, name, hash);
      var scanner =
          new SegmentScanner(file, located.header().id(), located.length(), name.firstIndex());
      while (files.size() < size
          && scanner.next() instanceof SegmentScanner.Step.Found(Frame frame)) {
        append(frame, files, size);
      }
    }
  }

  private void append(Frame frame, HashFiles files, long size) throws IOException {
    int from = (int) Math.max(0, files.size() - frame.firstIndex());
    int to = (int) Math.min(frame.entries().size(), size - frame.firstIndex());
    if (from >= to) {
      return;
    }
    byte[] leaves = new byte[(to - from) * TreeHash.BYTES];
    int at = 0;
    for (Bytes entry : frame.entries().subList(from, to)) {
      System.arraycopy(hash.leaf(entry.borrow()), 0, leaves, at, TreeHash.BYTES);
      at += TreeHash.BYTES;
    }
    files.append(leaves, 0, to - from);
  }
}
