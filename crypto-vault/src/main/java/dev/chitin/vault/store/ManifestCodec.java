package dev.chitin.vault.store;

import dev.chitin.bus.Digest;
import dev.chitin.vault.VaultFaults;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.State;
import dev.chitin.vault.store.Manifest.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A manifest as bytes, before it is sealed.
 *
 * <pre>
 * u16 format ‖ u64 epoch ‖ u64 header generation ‖ digest ‖ u64 keyring generation ‖ digest ‖
 *   u32 secrets ‖ (LP(tenant) ‖ LP(name) ‖ LP(owner) ‖ u64 last use ‖ u64 latest ‖ u8 versions ‖
 *     (u64 version ‖ u8 state ‖ u64 created ‖ u64 expires ‖ u64 destroy after ‖ LP(binding) ‖
 *      u32 term ‖ u32 sealed term ‖ digest of the value's file ‖ LP(box of the data key))*)*
 * </pre>
 */
final class ManifestCodec {
  private static final int MAX_TEXT = 1_024;

  private ManifestCodec() {}

  static byte[] bytes(Manifest manifest) {
    Wire out =
        new Wire()
            .u8(Header.FORMAT >> 8)
            .u8(Header.FORMAT)
            .u64(manifest.epoch())
            .u64(manifest.headerGeneration())
            .raw(manifest.header().borrow())
            .u64(manifest.keyringGeneration())
            .raw(manifest.keyring().borrow())
            .u32(manifest.secrets().size());
    for (Secret secret : manifest.secrets().values()) {
      out.prefixed(secret.tenant())
          .prefixed(secret.name())
          .prefixed(secret.owner())
          .u64(secret.lastUseMillis())
          .u64(secret.latest())
          .u8(secret.versions().size());
      for (Version v : secret.versions()) {
        out.u64(v.version())
            .u8(v.state().code)
            .u64(v.createdMillis())
            .u64(v.expiresMillis())
            .u64(v.destroyAfterMillis())
            .prefixed(v.binding())
            .u32(v.term())
            .u32(v.sealedTerm())
            .raw(v.file().borrow())
            .prefixed(v.dataKey());
      }
    }
    return out.bytes();
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.corrupt}
   */
  static Manifest parse(byte[] bytes) {
    try {
      var in = new WireReader(bytes);
      if (in.u16() != Header.FORMAT) {
        throw new WireReader.Malformed("another format");
      }
      long epoch = in.u64();
      long headerGeneration = in.u64();
      Digest header = in.digest();
      long keyringGeneration = in.u64();
      Digest keyring = in.digest();
      int count = in.u32(Manifest.MAX_SECRETS);
      Map<String, Secret> secrets = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        Secret secret = secret(in);
        if (secrets.put(secret.place(), secret) != null) {
          throw new WireReader.Malformed("one secret stands twice");
        }
      }
      in.end();
      return new Manifest(epoch, headerGeneration, header, keyringGeneration, keyring, secrets);
    } catch (WireReader.Malformed e) {
      throw VaultFaults.corrupt("The vault's manifest is damaged.", "vault.manifest", e);
    }
  }

  private static Secret secret(WireReader in) throws WireReader.Malformed {
    String tenant = in.text(MAX_TEXT);
    String name = in.text(MAX_TEXT);
    String owner = in.text(MAX_TEXT);
    long lastUse = in.u64();
    long latest = in.u64();
    int count = in.u8();
    if (count < 1 || count > Manifest.MAX_VERSIONS) {
      throw new WireReader.Malformed("too many versions");
    }
    List<Version> versions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      versions.add(
          new Version(
              in.u64(),
              state(in.u8()),
              in.u64(),
              in.u64(),
              in.u64(),
              in.text(Manifest.MAX_BINDING),
              in.u32(Integer.MAX_VALUE),
              in.u32(Integer.MAX_VALUE),
              in.digest(),
              in.prefixed(MAX_TEXT)));
    }
    return new Secret(tenant, name, owner, lastUse, latest, versions);
  }

  private static State state(int code) throws WireReader.Malformed {
    for (State state : State.values()) {
      if (state.code == code) {
        return state;
      }
    }
    throw new WireReader.Malformed("a state that is not known");
  }
}
