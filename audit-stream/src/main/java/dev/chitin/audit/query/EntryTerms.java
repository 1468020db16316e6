package dev.chitin.audit.query;

import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** By what an entry can be found: for each term the members of entries that may hold it. */
final class EntryTerms {
  static final String KIND = "kind";
  static final String TENANT = "tenant";
  static final String PRINCIPAL = "principal";
  static final String TOOL = "tool";
  static final String CALL = "callId";
  static final String CODE = "code";
  static final String DECISION = "decision";

  private static final Map<String, List<String>> MEMBERS =
      Map.of(
          KIND, List.of("kind"),
          TENANT, List.of("tenant"),
          PRINCIPAL,
              List.of("principal", "actor", "name", "decider", "key", "subject", "peer", "address"),
          TOOL, List.of("tool"),
          CALL, List.of("callId"),
          CODE, List.of("code", "reason", "status_code"),
          DECISION, List.of("phase", "action"));

  private EntryTerms() {}

  /** Hands over each term of {@code entry} with its value. */
  static void each(Obj entry, BiConsumer<String, String> terms) {
    MEMBERS.forEach(
        (term, members) -> {
          for (String member : members) {
            String value = value(term, entry, member);
            if (value != null) {
              terms.accept(term, value);
            }
          }
        });
  }

  /** Whether one of the members that {@code term} stands for is one of {@code values}. */
  static boolean has(Obj entry, String term, List<String> values) {
    for (String member : MEMBERS.getOrDefault(term, List.of())) {
      String value = value(term, entry, member);
      if (value != null && values.contains(value)) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable String value(String term, Obj entry, String member) {
    if (!(entry.get(member) instanceof Str text)) {
      return null;
    }
    return term.equals(DECISION) ? decision(text.value()) : text.value();
  }

  /** Phases as people write them: {@code not_run} for {@code NotRun}. */
  static String decision(String phase) {
    return phase.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  /** When the entry was made, milliseconds since 1970; 0 where it does not say. */
  static long time(Obj entry) {
    return entry.get("time") instanceof Int time ? time.value() : 0;
  }
}
