package dev.chitin.audit.query;

import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.EntryReader.Place;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.StrictJson;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What the index knows of {@value #ENTRIES} entries.
 *
 * <pre>
 * "CHIX" ‖ u32 0 ‖ u64 block ‖ u64 first time ‖ u64 last time ‖ u64 segment ‖ id[16] ‖ u64 offset ‖ u64 index
 * ‖ terms[4096] ‖ u32 CRC32C(all before), with zeros before it to a multiple of 8
 * </pre>
 *
 * The place is that of the last frame that was read for it, from which the next block is read on.
 */
final class BlockSummary {
  /** Entries of one block. */
  static final int ENTRIES = 1_024;

  /** Bytes of one summary. */
  static final int BYTES = 80 + TermSet.BYTES + 8;

  /** Where the terms stand in it. */
  static final int TERMS_AT = 80;

  private static final int MAGIC = 0x43484958;
  private static final int ID_BYTES = 16;

  private final ByteBuffer bytes;

  private BlockSummary(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** Summarizes {@code entries}, which are all of {@code block}. */
  static BlockSummary of(long block, List<LogEntry> entries, Place place) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    var terms = new TermSet(bytes, TERMS_AT);
    long first = Long.MAX_VALUE;
    long last = 0;
    for (LogEntry entry : entries) {
      Optional<EntryMembers> members = EntryMembers.of(entry);
      if (members.isPresent()) {
        long time = members.get().number("time", 0);
        first = Math.min(first, time);
        last = Math.max(last, time);
        EntryTerms.hashes(members.get(), terms::add);
      }
    }
    bytes.putInt(MAGIC).putInt(0).putLong(block).putLong(first).putLong(last);
    bytes.putLong(place.segment()).put(place.id().borrow());
    bytes.putLong(place.offset()).putLong(place.index());
    bytes.putInt(BYTES - 4, checksum(bytes));
    return new BlockSummary(bytes);
  }

  static Optional<Obj> parse(LogEntry entry) {
    try {
      return StrictJson.parse(entry.json().borrow()) instanceof Obj object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JsonSyntaxException e) {
      return Optional.empty(); // Whatever it is, nobody can ask for it by its members.
    }
  }

  /** The summary of {@code block} in {@code bytes}, unless it is damaged or another's. */
  static Optional<BlockSummary> read(ByteBuffer bytes, long block) {
    boolean whole =
        bytes.limit() == BYTES
            && bytes.getInt(0) == MAGIC
            && bytes.getLong(8) == block
            && bytes.getInt(BYTES - 4) == checksum(bytes);
    return whole ? Optional.of(new BlockSummary(bytes)) : Optional.empty();
  }

  private static int checksum(ByteBuffer bytes) {
    var crc = new CRC32C();
    crc.update(bytes.duplicate().position(0).limit(BYTES - 4));
    return (int) crc.getValue();
  }

  ByteBuffer bytes() {
    return bytes.duplicate().position(0).limit(BYTES);
  }

  Place place() {
    byte[] id = new byte[ID_BYTES];
    bytes.get(40, id);
    return new Place(bytes.getLong(32), Bytes.adopt(id), bytes.getLong(56), bytes.getLong(64));
  }

  /** Changes with everything else of it. */
  int checksum() {
    return bytes.getInt(BYTES - 4);
  }

  /** The time of its oldest entry, milliseconds since 1970. */
  long firstMillis() {
    return bytes.getLong(16);
  }

  /** The time of its newest entry. */
  long lastMillis() {
    return bytes.getLong(24);
  }

  /** Whether the block may hold what {@code question} asks for. */
  boolean mayMatch(BlockQuestion question) {
    return question.touches(firstMillis(), lastMillis())
        && question.mayBeIn(new TermSet(bytes, TERMS_AT));
  }
}
