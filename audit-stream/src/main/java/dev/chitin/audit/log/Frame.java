package dev.chitin.audit.log;

import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import java.util.List;

/**
 * One group commit, the atomic unit on disk:
 *
 * <pre>
 * magic u32 ‖ segment id [16] ‖ first index u64 ‖ count u32 ‖ byte length u32 ‖ root before [32]
 *   ‖ (length u16 ‖ entry)* ‖ root after [32] ‖ CRC32C u32 over all before
 * </pre>
 *
 * <p>All numbers are big-endian. A segment file is never reused, and the segment id in the frame
 * keeps bytes of another life from passing for a frame of this one.
 *
 * @param offset of the frame in its segment file
 * @param length of the whole frame in bytes
 * @param firstIndex index of the first entry
 * @param rootBefore tree root before the first entry
 * @param entries 1 to {@link #MAX_ENTRIES}
 * @param rootAfter tree root after the last entry
 */
public record Frame(
    long offset,
    int length,
    long firstIndex,
    Bytes rootBefore,
    List<Bytes> entries,
    Bytes rootAfter) {
  static final int MAGIC = 0x4348_4631; // "CHF1"
  static final int ID_BYTES = 16;

  /** Bytes before the first entry. */
  static final int HEAD = 4 + ID_BYTES + 8 + 4 + 4 + TreeHash.BYTES;

  /** Bytes after the last entry. */
  static final int TAIL = TreeHash.BYTES + 4;

  /** Bytes before each entry. */
  static final int ENTRY_HEAD = 2;

  /** Most entries of one frame. */
  public static final int MAX_ENTRIES = 1_000;

  /** Most bytes of entries, their lengths included, in one frame. */
  public static final int MAX_BODY = 4 << 20;

  /** Longest entry in bytes. */
  public static final int MAX_ENTRY = 32_768;

  long endOffset() {
    return offset + length;
  }

  long endIndex() {
    return firstIndex + entries.size();
  }
}
