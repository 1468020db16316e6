package dev.chitin.vault.store;

import dev.chitin.bus.Digest;
import dev.chitin.vault.VaultFaults;
import dev.chitin.vault.crypto.Wire;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The truth about the vault's other files: what is on disk and not in here does not count, and what
 * is in here must be on disk with that digest. It also holds the wrapped data key of each version,
 * so that a new key above them touches no other file, and a version that is gone from here cannot
 * be opened by whoever still has its file. Immutable; holds names and no secret.
 *
 * <pre>
 * u16 format ‖ u64 epoch ‖ u64 header generation ‖ digest ‖ u64 keyring generation ‖ digest ‖
 *   u32 secrets ‖ (LP(tenant) ‖ LP(name) ‖ LP(owner) ‖ u64 last use ‖ u64 latest ‖ u8 versions ‖
 *     (u64 version ‖ u8 state ‖ u64 created ‖ u64 expires ‖ u64 destroy after ‖ LP(binding) ‖
 *      u32 term ‖ u32 sealed term ‖ digest of the value's file ‖ LP(box of the data key))*)*
 * </pre>
 *
 * @param epoch one more with each commit
 * @param headerGeneration which header counts
 * @param header its digest
 * @param keyringGeneration which keyring counts
 * @param keyring its digest
 * @param secrets by tenant and name
 */
public record Manifest(
    long epoch,
    long headerGeneration,
    Digest header,
    long keyringGeneration,
    Digest keyring,
    Map<String, Secret> secrets) {
  /** Most secrets of one vault. */
  public static final int MAX_SECRETS = 10_000;

  /** Most versions of one secret, destroyed ones included. */
  public static final int MAX_VERSIONS = 16;

  /** Most versions of all secrets. */
  public static final int MAX_ALL_VERSIONS = 40_000;

  /** Longest binding, in bytes of canonical JSON. */
  public static final int MAX_BINDING = 4_096;

  /** Longest manifest, in bytes. */
  public static final int MAX_BYTES = 64 << 20;

  private static final int MAX_TEXT = 1_024;
  private static final Digest NO_FILE = Digest.ofBytes(new byte[32]);

  /** What may be done with a version. */
  public enum State {
    /** Given to new leases. */
    CURRENT(1),
    /** Replaced, kept until its grace ends. */
    PREVIOUS(2),
    /** Given to nobody until it is enabled again. */
    DISABLED(3),
    /** Its data key and its file are gone; only that it existed is known. */
    DESTROYED(4);

    private final int code;

    State(int code) {
      this.code = code;
    }
  }

  /**
   * One version of one secret.
   *
   * @param version from 1
   * @param createdMillis POSIX milliseconds
   * @param expiresMillis from when on it is given to nobody, 0 for never
   * @param destroyAfterMillis when a replaced version is destroyed, 0 while it is not replaced
   * @param binding canonical JSON that the value is sealed to, empty for none
   * @param term of the key that wraps the data key
   * @param sealedTerm of the key that wrapped it when the value was sealed, part of its box
   * @param file digest of the value's file
   * @param dataKey box of the data key; empty when destroyed
   */
  @SuppressWarnings("ArrayRecordComponent") // written, read and never compared
  public record Version(
      long version,
      State state,
      long createdMillis,
      long expiresMillis,
      long destroyAfterMillis,
      String binding,
      int term,
      int sealedTerm,
      Digest file,
      byte[] dataKey) {

    public boolean isDestroyed() {
      return state == State.DESTROYED;
    }

    /** What the value's box is bound to: 32 bytes, zeros for nothing. */
    public byte[] bindingDigest() {
      return bindingDigest(binding);
    }

    public static byte[] bindingDigest(String binding) {
      return binding.isEmpty() ? new byte[32] : Digest.ofUtf8(binding).toArray();
    }

    public Version withState(State next) {
      return new Version(
          version,
          next,
          createdMillis,
          expiresMillis,
          destroyAfterMillis,
          binding,
          term,
          sealedTerm,
          file,
          dataKey);
    }

    /** Replaced by a newer one. */
    public Version replaced(long destroyAfter) {
      return new Version(
          version,
          State.PREVIOUS,
          createdMillis,
          expiresMillis,
          destroyAfter,
          binding,
          term,
          sealedTerm,
          file,
          dataKey);
    }

    public Version destroyed() {
      return new Version(
          version,
          State.DESTROYED,
          createdMillis,
          expiresMillis,
          destroyAfterMillis,
          binding,
          term,
          sealedTerm,
          NO_FILE,
          new byte[0]);
    }

    /** Its data key wrapped anew. */
    public Version rewrapped(int newTerm, byte[] newDataKey) {
      return new Version(
          version,
          state,
          createdMillis,
          expiresMillis,
          destroyAfterMillis,
          binding,
          newTerm,
          sealedTerm,
          file,
          newDataKey);
    }
  }

  /**
   * One secret.
   *
   * @param owner who stored it first
   * @param lastUseMillis when it was last used, in whole hours, 0 for never
   * @param latest the highest version that there ever was
   * @param versions oldest first
   */
  public record Secret(
      String tenant,
      String name,
      String owner,
      long lastUseMillis,
      long latest,
      List<Version> versions) {
    public Secret {
      versions = List.copyOf(versions);
    }

    /** What its boxes are the boxes of; a name holds no slash, so the two cannot run together. */
    public String place() {
      return placeOf(tenant, name);
    }

    /** The version that is given out, or that would be if it were not disabled. */
    public Version newest() {
      return versions.getLast();
    }

    public Optional<Version> version(long number) {
      return versions.stream().filter(v -> v.version() == number).findFirst();
    }

    public Secret withVersions(List<Version> next) {
      return new Secret(tenant, name, owner, lastUseMillis, latest, next);
    }

    public Secret withLastUse(long millis) {
      return new Secret(tenant, name, owner, millis, latest, versions);
    }

    /** With a further version. */
    public Secret with(List<Version> older, Version newest) {
      List<Version> all = new ArrayList<>(older);
      all.add(newest);
      return new Secret(tenant, name, owner, lastUseMillis, newest.version(), all);
    }
  }

  public Manifest {
    secrets = Collections.unmodifiableMap(secrets);
  }

  /** The key of one tenant's secret in {@link #secrets}. */
  public static String placeOf(String tenant, String name) {
    return tenant + "/" + name;
  }

  public Optional<Secret> find(String tenant, String name) {
    return Optional.ofNullable(secrets.get(placeOf(tenant, name)));
  }

  /** The next state, with other secrets. */
  public Manifest next(Map<String, Secret> nextSecrets) {
    return new Manifest(
        epoch + 1, headerGeneration, header, keyringGeneration, keyring, nextSecrets);
  }

  /** The next state, with {@code secret} in the place of what it replaces. */
  public Manifest with(Secret secret) {
    Map<String, Secret> next = new TreeMap<>(secrets);
    next.put(secret.place(), secret);
    return next(next);
  }

  public Manifest without(Secret secret) {
    Map<String, Secret> next = new TreeMap<>(secrets);
    next.remove(secret.place());
    return next(next);
  }

  public Manifest withHeader(long generation, Digest digest) {
    return new Manifest(epoch, generation, digest, keyringGeneration, keyring, secrets);
  }

  public Manifest withKeyring(long generation, Digest digest) {
    return new Manifest(epoch, headerGeneration, header, generation, digest, secrets);
  }

  /** How many versions there are in all. */
  public int allVersions() {
    return secrets.values().stream().mapToInt(secret -> secret.versions().size()).sum();
  }

  public byte[] bytes() {
    Wire out =
        new Wire()
            .u8(Header.FORMAT >> 8)
            .u8(Header.FORMAT)
            .u64(epoch)
            .u64(headerGeneration)
            .raw(header.borrow())
            .u64(keyringGeneration)
            .raw(keyring.borrow())
            .u32(secrets.size());
    for (Secret secret : secrets.values()) {
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
  public static Manifest parse(byte[] bytes) {
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
      int count = in.u32(MAX_SECRETS);
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
    if (count < 1 || count > MAX_VERSIONS) {
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
              in.text(MAX_BINDING),
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
