package dev.chitin.vault.store;

import dev.chitin.bus.Digest;
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

    final int code;

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

  /** The same state, with more known of its secrets. */
  public Manifest withSecrets(Map<String, Secret> other) {
    return new Manifest(epoch, headerGeneration, header, keyringGeneration, keyring, other);
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

  /** As {@link ManifestCodec} writes it. */
  public byte[] bytes() {
    return ManifestCodec.bytes(this);
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.corrupt}
   */
  public static Manifest parse(byte[] bytes) {
    return ManifestCodec.parse(bytes);
  }
}
