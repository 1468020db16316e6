package dev.chitin.vault.store;

import dev.chitin.vault.VaultFaults;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.unlock.Device;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The one file of the vault that is not sealed: which vault this is, and its slots, in each of
 * which the root key lies sealed. The manifest holds its digest.
 *
 * <pre>
 * "CHVH" ‖ u16 format = 2 ‖ vault id[16] ‖ u16 slots ‖
 *   (slot id[16] ‖ LP(method) ‖ LP(parameters) ‖ u64 created ‖ salt[32] ‖ LP(sealed))*
 * </pre>
 *
 * @param vaultId 16 random bytes
 * @param slots 1 to 16
 */
@SuppressWarnings("ArrayRecordComponent") // written, read and never compared
public record Header(byte[] vaultId, List<Slot> slots) {
  /** The format of all files of the vault. */
  public static final int FORMAT = 2;

  /** Most slots of one vault. */
  public static final int MAX_SLOTS = 16;

  /** Longest header, in bytes. */
  public static final int MAX_BYTES = 65_536;

  private static final byte[] MAGIC = "CHVH".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_FIELD = 1_024;

  public Header {
    slots = List.copyOf(slots);
    if (slots.isEmpty() || slots.size() > MAX_SLOTS) {
      throw new IllegalArgumentException("1 to " + MAX_SLOTS + " slots");
    }
  }

  public String vaultIdText() {
    return HexFormat.of().formatHex(vaultId);
  }

  public byte[] bytes() {
    Wire out =
        new Wire()
            .raw(MAGIC)
            .u8(FORMAT >> 8)
            .u8(FORMAT)
            .raw(vaultId)
            .u8(slots.size() >> 8)
            .u8(slots.size());
    for (Slot slot : slots) {
      out.raw(slot.id())
          .prefixed(slot.method().text())
          .prefixed(slot.parameters())
          .u64(slot.createdMillis())
          .raw(slot.salt())
          .prefixed(slot.sealed());
    }
    return out.bytes();
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.format_unknown} or {@code vault.corrupt}
   */
  public static Header parse(byte[] bytes) {
    try {
      var in = new WireReader(bytes);
      if (!Arrays.equals(in.raw(4), MAGIC)) {
        throw new WireReader.Malformed("no header");
      }
      if (in.u16() != FORMAT) {
        throw VaultFaults.format("The vault's header");
      }
      byte[] vaultId = in.raw(16);
      int count = in.u16();
      List<Slot> slots = new ArrayList<>();
      for (int i = 0; i < count && i < MAX_SLOTS; i++) {
        slots.add(slot(in));
      }
      in.end();
      return new Header(vaultId, slots);
    } catch (WireReader.Malformed | IllegalArgumentException e) {
      throw VaultFaults.corrupt("The vault's header is damaged.", "vault.header", e);
    }
  }

  private static Slot slot(WireReader in) throws WireReader.Malformed {
    byte[] id = in.raw(16);
    Slot.Method method =
        Slot.Method.of(in.text(MAX_FIELD))
            .orElseThrow(() -> new WireReader.Malformed("an unlock method that is not known"));
    var slot =
        new Slot(id, method, in.text(MAX_FIELD), in.u64(), in.raw(32), in.prefixed(MAX_FIELD));
    if (slot.parameter("v").filter("1"::equals).isEmpty()
        || slot.parameter("bind").isEmpty()
        || !Device.COMPONENTS.containsAll(slot.binding())) {
      throw new WireReader.Malformed("parameters of a slot that are not known");
    }
    return slot;
  }
}
