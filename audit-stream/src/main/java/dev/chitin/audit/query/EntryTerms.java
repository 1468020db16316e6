package dev.chitin.audit.query;

import dev.chitin.audit.EntryMembers;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
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

  /** The members above by the length of their names. */
  private static final List<List<Member>> BY_LENGTH = byLength();

  /**
   * A member that holds values of a term.
   *
   * @param begun the hash of the term, to which a value is added
   */
  @SuppressWarnings("ArrayRecordComponent") // found by the bytes of the name, never compared
  private record Member(String name, byte[] bytes, String term, long begun) {}

  private EntryTerms() {}

  private static List<List<Member>> byLength() {
    List<List<Member>> byLength = new ArrayList<>();
    MEMBERS.forEach(
        (term, names) -> {
          for (String name : names) {
            while (byLength.size() <= name.length()) {
              byLength.add(new ArrayList<>());
            }
            byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
            byLength.get(name.length()).add(new Member(name, bytes, term, TermSet.begin(term)));
          }
        });
    return byLength;
  }

  /** Hands over the hash of each term of {@code entry} with its value. */
  static void hashes(EntryMembers entry, LongConsumer hashes) {
    entry.eachText(
        (json, name, nameEnd, text, textEnd) -> {
          Member member = member(json, name, nameEnd);
          if (member != null) {
            hashes.accept(hash(entry, member, json, text, textEnd));
          }
        });
  }

  private static @Nullable Member member(byte[] json, int from, int end) {
    if (end - from < BY_LENGTH.size()) {
      for (Member member : BY_LENGTH.get(end - from)) {
        if (Arrays.equals(json, from, end, member.bytes, 0, member.bytes.length)) {
          return member;
        }
      }
    }
    return null;
  }

  private static long hash(EntryMembers entry, Member member, byte[] json, int from, int end) {
    if (member.term.equals(DECISION)) {
      return TermSet.hash(DECISION, decision(entry.text(member.name)));
    }
    long hash = member.begun;
    for (int i = from; i < end; i++) {
      if (json[i] < 0 || json[i] == '\\') {
        return TermSet.hash(member.term, entry.text(member.name));
      }
      hash = TermSet.next(hash, json[i]);
    }
    return TermSet.end(hash);
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
    var words = new StringBuilder(phase.length() + 4);
    for (int i = 0; i < phase.length(); i++) {
      if (i > 0 && isLower(phase.charAt(i - 1)) && isUpper(phase.charAt(i))) {
        words.append('_');
      }
      words.append(phase.charAt(i));
    }
    return words.toString().toLowerCase(Locale.ROOT);
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  /** When the entry was made, milliseconds since 1970; 0 where it does not say. */
  static long time(Obj entry) {
    return entry.get("time") instanceof Int time ? time.value() : 0;
  }
}
