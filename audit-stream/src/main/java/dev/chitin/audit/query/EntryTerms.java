package dev.chitin.audit.query;

import dev.chitin.audit.EntryMembers;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

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

  private static final Pattern WORDS = Pattern.compile("(?<=[a-z])(?=[A-Z])");

  private EntryTerms() {}

  /** Hands over each term of {@code entry} with its value. */
  static void each(EntryMembers entry, BiConsumer<String, String> terms) {
    MEMBERS.forEach(
        (term, members) -> {
          for (String member : members) {
            String text = entry.textOrNull(member);
            if (text != null) {
              terms.accept(term, value(term, text));
            }
          }
        });
  }

  /** Whether one of the members that {@code term} stands for is one of {@code values}. */
  static boolean has(Obj entry, String term, List<String> values) {
    for (String member : MEMBERS.getOrDefault(term, List.of())) {
      if (entry.get(member) instanceof Str text && values.contains(value(term, text.value()))) {
        return true;
      }
    }
    return false;
  }

  private static String value(String term, String text) {
    return term.equals(DECISION) ? decision(text) : text;
  }

  /** Phases as people write them: {@code not_run} for {@code NotRun}. */
  static String decision(String phase) {
    return WORDS.matcher(phase).replaceAll("_").toLowerCase(Locale.ROOT);
  }

  /** When the entry was made, milliseconds since 1970; 0 where it does not say. */
  static long time(Obj entry) {
    return entry.get("time") instanceof Int time ? time.value() : 0;
  }
}
