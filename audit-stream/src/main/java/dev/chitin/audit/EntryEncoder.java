package dev.chitin.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.chitin.audit.FieldSealer.SealedName;
import dev.chitin.audit.FieldSealer.Subject;
import dev.chitin.audit.log.Frame;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event as an entry: canonical JSON (RFC 8785) with the members that all entries share,
 * {@code v, uid, time, seq, node, boot, kind} and those of {@link OcsfIds}, and its own.
 *
 * <p>{@code uid} is a UUIDv7 (RFC 9562), {@code time} milliseconds since 1970 as the clock was
 * read, {@code seq} counts the events of this boot as they were made, also those that did not come
 * into the log. Names that are sealed stand in {@code sealed}, by field. Safe for use by several
 * threads.
 */
final class EntryEncoder {
  private static final int VERSION = 1;
  private static final int GUARDED = 256;
  private static final List<String> OF_CALL =
      List.of("tool", "callId", "tenant", "principal", "session", "plan_digest", "policy_version");

  private final String node;
  private final String boot;
  private final String origin;
  private final Set<GuardedField> clear;
  private final AtomicLong sequence = new AtomicLong();
  private volatile FieldSealer sealer = FieldSealer.NONE;

  /**
   * @param clear fields that the operator wants in clear
   */
  EntryEncoder(String node, String boot, String origin, Set<GuardedField> clear) {
    this.node = node;
    this.boot = boot;
    this.origin = origin;
    this.clear = Set.copyOf(clear);
  }

  /** An event before it is an entry. */
  record Draft(AuditEvent event, Map<String, Field> fields) {}

  void sealWith(FieldSealer keys) {
    sealer = keys;
  }

  FieldSealer sealer() {
    return sealer;
  }

  static Draft draft(AuditEvent event) {
    return new Draft(event, EventFields.of(event));
  }

  /** Whose keys have to be made first. */
  List<Subject> unready(Draft draft) {
    if (clear.contains(GuardedField.PRINCIPAL)) {
      return List.of();
    }
    List<Subject> unready = new ArrayList<>(0);
    for (Field field : draft.fields().values()) {
      if (field instanceof Field.Sealed(String tenant, String name)) {
        var subject = new Subject(tenant, name);
        if (!sealer.isReady(subject)) {
          unready.add(subject);
        }
      }
    }
    return unready;
  }

  byte[] encode(AuditEvent event) {
    return encode(draft(event));
  }

  byte[] encode(Draft draft) {
    long now = System.currentTimeMillis();
    String uid = uuid7(now);
    JsonValue.Builder entry = common(uid, now, draft.event().kind());
    OcsfIds.of(draft.event()).into(entry);
    JsonValue.Builder sealed = JsonValue.object();
    draft.fields().forEach((name, field) -> put(entry, sealed, uid, name, field));
    Obj boxes = sealed.build();
    return bytes(entry.put("sealed", boxes.members().isEmpty() ? null : boxes));
  }

  private JsonValue.Builder common(String uid, long now, String kind) {
    return JsonValue.object()
        .put("v", VERSION)
        .put("uid", uid)
        .put("time", now)
        .put("seq", sequence.getAndIncrement())
        .put("node", node)
        .put("boot", boot)
        .put("kind", kind);
  }

  private static byte[] bytes(JsonValue.Builder entry) {
    byte[] json = CanonicalJson.bytes(entry.build());
    if (json.length > Frame.MAX_ENTRY) {
      throw new IllegalStateException("an entry of " + json.length + " bytes: a bound is missing");
    }
    return json;
  }

  private void put(
      JsonValue.Builder entry, JsonValue.Builder boxes, String uid, String name, Field field) {
    switch (field) {
      case Field.Clear(JsonValue value) -> entry.put(name, value);
      case Field.Digested(var digest) -> entry.put(name, digest.toString());
      case Field.Hmac(GuardedField guarded, String tenant, String value) -> {
        if (clear.contains(guarded)) {
          entry.put(name, BoundedText.of(value, GUARDED));
        } else {
          String hash = sealer.hash(guarded, tenant, BoundedText.of(value, GUARDED));
          entry.put(name, hash == null ? FieldSealer.WITHHELD : hash);
        }
      }
      case Field.Sealed(String tenant, String who) -> {
        if (clear.contains(GuardedField.PRINCIPAL)) {
          entry.put(name, BoundedText.of(who, GUARDED));
        } else {
          SealedName both = sealer.seal(new Subject(tenant, who), place(origin, uid, name));
          entry.put(name, both == null ? FieldSealer.WITHHELD : both.hash());
          boxes.put(name, both == null ? null : both.box());
        }
      }
      case Field.Never never -> {
        // It is not for the log.
      }
    }
  }

  /** Where a sealed value stands: LP(origin) ‖ LP(uid) ‖ LP(field). */
  static byte[] place(String origin, String uid, String field) {
    byte[] first = origin.getBytes(UTF_8);
    byte[] second = uid.getBytes(UTF_8);
    byte[] third = field.getBytes(UTF_8);
    return ByteBuffer.allocate(3 * Integer.BYTES + first.length + second.length + third.length)
        .putInt(first.length)
        .put(first)
        .putInt(second.length)
        .put(second)
        .putInt(third.length)
        .put(third)
        .array();
  }

  /**
   * The entry that closes the call which {@code authorized}, an entry of this log, had opened. What
   * that one named by hash keeps its hash: at the start there is no key to make it anew.
   *
   * @throws IllegalArgumentException when the bytes are no such entry
   */
  byte[] outcomeUnknown(byte[] authorized) {
    try {
      if (!(StrictJson.parse(authorized) instanceof Obj opened)) {
        throw new IllegalArgumentException("an entry is an object");
      }
      long now = System.currentTimeMillis();
      JsonValue.Builder entry = common(uuid7(now), now, "ToolExecution");
      var unknown = new AuditEvent.Phase.OutcomeUnknown();
      OcsfIds.of(unknown).into(entry);
      entry.put("allowed", true).put("phase", unknown.getClass().getSimpleName());
      for (String name : OF_CALL) {
        @Nullable JsonValue value = opened.get(name);
        if (value instanceof Str text) {
          entry.put(name, text);
        } else if (name.equals("callId") || name.equals("tool")) {
          throw new IllegalArgumentException("an authorization names its " + name);
        }
      }
      return bytes(entry);
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException("an entry is JSON", e);
    }
  }

  /** UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits. */
  static String uuid7(long millis) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = millis << 16 | 0x7000 | (random.nextLong() & 0x0FFF);
    long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }
}
