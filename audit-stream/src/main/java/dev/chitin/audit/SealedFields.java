package dev.chitin.audit;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.Optional;

/** Opens the names that entries of one log have sealed. Safe for use from any thread. */
public final class SealedFields {
  private final String origin;
  private final FieldSealer sealer;

  /**
   * @param origin the log's name
   */
  public SealedFields(String origin, FieldSealer sealer) {
    this.origin = origin;
    this.sealer = sealer;
  }

  /** What the sealed fields of {@code entry} hold, by field; without those whose key is gone. */
  public Obj open(Obj entry) {
    JsonValue.Builder opened = JsonValue.object();
    if (entry.get("sealed") instanceof Obj boxes && entry.get("uid") instanceof Str uid) {
      boxes
          .members()
          .forEach(
              (field, box) ->
                  open(uid.value(), field, box).ifPresent(name -> opened.put(field, name)));
    }
    return opened.build();
  }

  private Optional<String> open(String uid, String field, JsonValue box) {
    return box instanceof Str text
        ? sealer.open(text.value(), EntryEncoder.place(origin, uid, field))
        : Optional.empty();
  }
}
