package dev.chitin.vault.store;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The truth about the vault's other files: what is on disk and not in here does not count, and what
 * is in here must be on disk with that digest. Immutable; holds names and no secret.
 *
 * @param epoch one more with each commit
 * @param header digest of the file {@code header}
 * @param keyring digest of the file {@code keyring}
 * @param records by tenant and name
 */
public record Manifest(long epoch, Digest header, Digest keyring, Map<String, Entry> records) {
  /** Most secrets of one vault. */
  public static final int MAX_RECORDS = 10_000;

  /** Longest manifest, in bytes. */
  public static final int MAX_BYTES = 16 << 20;

  private static final JsonLimits LIMITS =
      new JsonLimits(8, 16 * MAX_RECORDS, 1_024, 64, MAX_RECORDS);

  /**
   * The current version of one secret.
   *
   * @param version from 1
   * @param createdMillis POSIX milliseconds
   * @param term of the keyring's key above its data key
   * @param file below {@code records/}
   * @param digest of that file
   */
  public record Entry(
      String tenant,
      String name,
      long version,
      long createdMillis,
      int term,
      String file,
      Digest digest) {

    /** What the record is the record of; a name holds no slash, so the two cannot run together. */
    public String place() {
      return placeOf(tenant, name);
    }
  }

  public Manifest {
    records = Collections.unmodifiableMap(new TreeMap<>(records));
  }

  /** The key of one tenant's secret in {@link #records}. */
  public static String placeOf(String tenant, String name) {
    return tenant + "/" + name;
  }

  public Optional<Entry> find(String tenant, String name) {
    return Optional.ofNullable(records.get(placeOf(tenant, name)));
  }

  /** The next state, with {@code entry} in the place of what it replaces. */
  public Manifest with(Entry entry) {
    Map<String, Entry> next = new TreeMap<>(records);
    next.put(entry.place(), entry);
    return new Manifest(epoch + 1, header, keyring, next);
  }

  /** The next state, without {@code entry}. */
  public Manifest without(Entry entry) {
    Map<String, Entry> next = new TreeMap<>(records);
    next.remove(entry.place());
    return new Manifest(epoch + 1, header, keyring, next);
  }

  /** Canonical JSON. */
  public byte[] bytes() {
    List<JsonValue> entries = new ArrayList<>(records.size());
    for (Entry entry : records.values()) {
      entries.add(
          JsonValue.object()
              .put("tenant", entry.tenant())
              .put("name", entry.name())
              .put("version", entry.version())
              .put("state", "current")
              .put("created", entry.createdMillis())
              .put("term", entry.term())
              .put("file", entry.file())
              .put("digest", entry.digest().toString())
              .build());
    }
    return CanonicalJson.bytes(
        JsonValue.object()
            .put("format", 1)
            .put("epoch", epoch)
            .put("header", header.toString())
            .put("keyring", keyring.toString())
            .put("records", new JsonValue.Arr(entries))
            .build());
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws dev.chitin.bus.ChitinException when it has another shape
   * @throws IllegalArgumentException when a digest has another form
   */
  public static Manifest parse(byte[] bytes) throws JsonSyntaxException {
    JsonFields fields = JsonFields.of(StrictJson.parse(bytes, LIMITS), "");
    fields.required("format", fields.integer("format", 1, 1));
    long epoch = fields.required("epoch", fields.integer("epoch", 1, JsonValue.Int.MAX));
    Digest header = Digest.parse(fields.required("header", fields.string("header")));
    Digest keyring = Digest.parse(fields.required("keyring", fields.string("keyring")));
    Map<String, Entry> records = new TreeMap<>();
    for (JsonValue item : fields.required("records", fields.array("records"))) {
      Entry entry = entry(JsonFields.of(item, "/records"));
      if (records.put(entry.place(), entry) != null) {
        throw new IllegalArgumentException("one secret stands twice in the manifest");
      }
    }
    fields.end();
    return new Manifest(epoch, header, keyring, records);
  }

  private static Entry entry(JsonFields fields) {
    fields.required("state", fields.string("state").filter("current"::equals));
    Entry entry =
        new Entry(
            fields.required("tenant", fields.string("tenant")),
            fields.required("name", fields.string("name")),
            fields.required("version", fields.integer("version", 1, JsonValue.Int.MAX)),
            fields.required("created", fields.integer("created", 0, JsonValue.Int.MAX)),
            fields.required("term", fields.integer("term", 1, Integer.MAX_VALUE)).intValue(),
            fields.required("file", fields.string("file")),
            Digest.parse(fields.required("digest", fields.string("digest"))));
    fields.end();
    return entry;
  }
}
