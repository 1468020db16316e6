package dev.chitin.vault.store;

import dev.chitin.bus.Digest;
import dev.chitin.vault.VaultFaults;
import dev.chitin.vault.crypto.Wire;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The manifest on disk: in clear only what is needed to find the keys that open the rest, all of
 * which stands inside the box again.
 *
 * <pre>
 * "CHVM" ‖ u16 format = 2 ‖ u64 epoch ‖ u64 header generation ‖ u64 keyring generation ‖ box
 * </pre>
 *
 * @param epoch of the manifest in the box; part of the box's associated data
 * @param box the sealed manifest
 */
@SuppressWarnings("ArrayRecordComponent") // written, read and never compared
public record ManifestFile(long epoch, long headerGeneration, long keyringGeneration, byte[] box) {
  /** Longest file, in bytes. */
  public static final int MAX_BYTES = Manifest.MAX_BYTES + 1_024;

  private static final byte[] MAGIC = "CHVM".getBytes(StandardCharsets.US_ASCII);

  public byte[] bytes() {
    return new Wire()
        .raw(MAGIC)
        .u8(Header.FORMAT >> 8)
        .u8(Header.FORMAT)
        .u64(epoch)
        .u64(headerGeneration)
        .u64(keyringGeneration)
        .raw(box)
        .bytes();
  }

  /** What the log announces a state by. */
  public static Digest digest(byte[] file) {
    return Digest.of(file);
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.format_unknown} or {@code vault.corrupt}
   */
  public static ManifestFile parse(byte[] bytes) {
    try {
      var in = new WireReader(bytes);
      byte[] magic = in.raw(4);
      if (Arrays.equals(magic, "CHBX".getBytes(StandardCharsets.US_ASCII))) {
        throw VaultFaults.format("The vault's manifest");
      }
      if (!Arrays.equals(magic, MAGIC)) {
        throw new WireReader.Malformed("no manifest");
      }
      if (in.u16() != Header.FORMAT) {
        throw VaultFaults.format("The vault's manifest");
      }
      return new ManifestFile(in.u64(), in.u64(), in.u64(), in.rest());
    } catch (WireReader.Malformed e) {
      throw VaultFaults.corrupt("The vault's manifest is damaged.", "vault.manifest", e);
    }
  }

  /** Whether what stands in clear is what {@code manifest}, out of the box, says. */
  public boolean fits(Manifest manifest) {
    return manifest.epoch() == epoch
        && manifest.headerGeneration() == headerGeneration
        && manifest.keyringGeneration() == keyringGeneration;
  }
}
