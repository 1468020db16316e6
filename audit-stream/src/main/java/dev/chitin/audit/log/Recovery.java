package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.tree.Frontier;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a log ends after a stop of any kind.
 *
 * <p>Reads the last segment from its header, which holds the tree and the open calls at its begin:
 * the cost of a start is bounded by one segment, however long the log is. Each entry is hashed
 * again and each root compared. The first bytes that are no frame are a torn tail when no frame
 * follows and nothing of them was acknowledged; anything else is damage, and refuses.
 */
final class Recovery {
  /** Torn tails kept aside; beyond it they are cut and described, but not kept. */
  private static final int MAX_TORN_FILES = 64;

  private final Storage storage;
  private final LogDirectory directory;
  private final TreeHash hash;

  Recovery(Storage storage, LogDirectory directory, TreeHash hash) {
    this.storage = storage;
    this.directory = directory;
    this.hash = hash;
  }

  /**
   * A log as it was found.
   *
   * @param segment the last segment, or null when there is none yet
   * @param end where the next frame goes in it
   * @param frontier the tree
   * @param open calls without an end
   * @param orderly whether the last stop was clean, or there was nothing to stop
   * @param torn what was cut, if anything
   */
  record Found(
      @Nullable Segment segment,
      long end,
      Frontier frontier,
      OpenCalls open,
      boolean orderly,
      @Nullable Torn torn) {

    long size() {
      return frontier.size();
    }
  }

  /** A segment's name and random id. */
  record Segment(SegmentName name, Bytes id) {}

  /**
   * A tail that was cut.
   *
   * @param bytes how many
   * @param file the name of the file that keeps them, or null when too many are kept already
   */
  record Torn(long bytes, @Nullable String file) {}

  /**
   * Reads the log, and cuts a torn tail.
   *
   * @param origin the name that the log has to carry
   */
  Found run(String origin) throws IOException, LogDamage {
    Optional<CleanSeal> seal = CleanSeal.read(directory);
    List<SegmentName> segments = directory.segments();
    Found found =
        segments.isEmpty()
            ? new Found(null, 0, new Frontier(hash), new OpenCalls(), true, null)
            : last(segments.getLast(), origin);
    Optional<String> contradiction = contradiction(found, seal);
    if (contradiction.isPresent()) {
      throw damage(found, contradiction.get());
    }
    if (found.segment == null || found.torn == null) {
      return new Found(
          found.segment,
          found.end,
          found.frontier,
          found.open,
          seal.isPresent() || found.size() == 0,
          null);
    }
    Torn cut = cut(found.segment.name, found.end, found.torn.bytes);
    return new Found(found.segment, found.end, found.frontier, found.open, false, cut);
  }

  private Optional<String> contradiction(Found found, Optional<CleanSeal> seal) throws IOException {
    long acknowledged = DurableMark.read(directory.durable()).orElse(0);
    if (found.size() < acknowledged) {
      return Optional.of(
          acknowledged + " entries were acknowledged, and " + found.size() + " are whole");
    }
    if (seal.isPresent() && found.torn != null) {
      return Optional.of("the log was closed, and there are bytes after its last entry");
    }
    return seal.flatMap(s -> s.contradicts(found.size(), found.frontier.root()));
  }

  private Found last(SegmentName name, String origin) throws IOException, LogDamage {
    try (FileChannel file = directory.read(name)) {
      SegmentHeader.Located located = SegmentHeader.read(file, name, hash);
      SegmentHeader header = located.header();
      if (!header.origin().equals(origin)) {
        throw otherOrigin(header.origin(), origin);
      }
      OpenCalls open = restore(header.open());
      Frontier frontier = header.frontier();
      var scanner = new SegmentScanner(file, header.id(), located.length(), frontier.size());
      while (scanner.next() instanceof SegmentScanner.Step.Found(Frame frame)) {
        replay(frame, name, frontier, open);
      }
      long end = scanner.endOfBytes();
      refuseHole(scanner, end, name);
      long tail = end - scanner.offset();
      return new Found(
          new Segment(name, header.id()),
          scanner.offset(),
          frontier,
          open,
          false,
          tail == 0 ? null : new Torn(tail, null));
    }
  }

  private static void refuseHole(SegmentScanner scanner, long end, SegmentName name)
      throws IOException, LogDamage {
    if (!scanner.hasLaterFrame(end)) {
      return;
    }
    String what =
        scanner.next() instanceof SegmentScanner.Step.Damaged(String why)
            ? why
            : "a frame is missing";
    throw new LogDamage(
        new LogFault(
            scanner.index(), name.fileName(), scanner.offset(), what + ", and others follow it"));
  }

  private static ChitinException otherOrigin(String found, String configured) {
    return Problem.of(
            ProblemCode.CONFIG_INVALID,
            "The audit directory holds the log \"" + found + "\", not \"" + configured + "\".")
        .withHint("Set audit.origin to the log's name, or give the new log another directory.")
        .toException();
  }

  private void replay(Frame frame, SegmentName segment, Frontier frontier, OpenCalls open)
      throws LogDamage {
    long index = frame.firstIndex();
    long at = frame.offset() + Frame.HEAD;
    if (!frame.rootBefore().equals(Bytes.adopt(frontier.root()))) {
      throw damage(segment, frame, "the tree root before the frame is not that of the log");
    }
    for (Bytes entry : frame.entries()) {
      frontier.append(hash.leaf(entry.borrow()));
      open.observe(entry.borrow(), new OpenCalls.Place(index, segment.firstIndex(), at));
      index++;
      at += Frame.ENTRY_HEAD + entry.length();
    }
    if (!frame.rootAfter().equals(Bytes.adopt(frontier.root()))) {
      throw damage(segment, frame, "the tree root after the frame is not that of its entries");
    }
  }

  private OpenCalls restore(List<OpenCalls.Place> places) throws IOException, LogDamage {
    var open = new OpenCalls();
    for (OpenCalls.Place place : places) {
      open.observe(entryAt(place), place);
    }
    return open;
  }

  /** Reads the entry at {@code place}, which has to be an authorization. */
  byte[] entryAt(OpenCalls.Place place) throws IOException, LogDamage {
    var name = new SegmentName(place.segment());
    try (FileChannel file = directory.read(name)) {
      ByteBuffer head = SegmentScanner.readAt(file, place.offset(), Frame.ENTRY_HEAD);
      if (head.remaining() == Frame.ENTRY_HEAD) {
        int length = Short.toUnsignedInt(head.getShort());
        byte[] entry = new byte[length];
        ByteBuffer bytes = SegmentScanner.readAt(file, place.offset() + Frame.ENTRY_HEAD, length);
        if (bytes.remaining() == length) {
          bytes.get(entry);
          if (CallStation.of(entry).filter(CallStation::opens).isPresent()) {
            return entry;
          }
        }
      }
    }
    throw new LogDamage(
        new LogFault(
            place.index(),
            name.fileName(),
            place.offset(),
            "the authorization of an open call does not stand where it was written"));
  }

  /** Saves the torn bytes aside and fills their place with zeros, durably. */
  private Torn cut(SegmentName name, long from, long length) throws IOException {
    String saved = tornFiles() < MAX_TORN_FILES ? save(name, from, length) : null;
    try (LogFile segment = storage.open(directory.segment(name))) {
      ByteBuffer zeros = ByteBuffer.allocate(1 << 16);
      for (long done = 0; done < length; done += zeros.capacity()) {
        int part = (int) Math.min(zeros.capacity(), length - done);
        segment.write(zeros.clear().limit(part), from + done);
      }
      segment.force(true);
    }
    return new Torn(length, saved);
  }

  private String save(SegmentName name, long from, long length) throws IOException {
    String fileName = "torn-%020d-%d.bin".formatted(name.firstIndex(), System.currentTimeMillis());
    Path path = directory.path().resolve(fileName);
    try (FileChannel segment = directory.read(name);
        LogFile aside = storage.create(path)) {
      for (long done = 0; done < length; done += 1 << 16) {
        int part = (int) Math.min(1 << 16, length - done);
        aside.write(SegmentScanner.readAt(segment, from + done, part), done);
      }
      aside.force(true);
    }
    storage.syncDirectory(directory.path());
    return fileName;
  }

  private long tornFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory.path())) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("torn-"))
          .limit(MAX_TORN_FILES)
          .count();
    }
  }

  private static LogDamage damage(SegmentName segment, Frame frame, String what) {
    return new LogDamage(
        new LogFault(frame.firstIndex(), segment.fileName(), frame.offset(), what));
  }

  private static LogDamage damage(Found found, String what) {
    String segment = found.segment == null ? "none" : found.segment.name.fileName();
    return new LogDamage(new LogFault(found.frontier.size(), segment, found.end, what));
  }
}
