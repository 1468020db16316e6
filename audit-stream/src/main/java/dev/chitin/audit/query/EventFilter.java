package dev.chitin.audit.query;

import dev.chitin.bus.Needle;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which entries are wanted: all that is said has to hold.
 *
 * @param fromMillis entries from then on, milliseconds since 1970
 * @param toMillis entries before then
 * @param terms for each term the values that will do; see {@link #with}
 */
public record EventFilter(long fromMillis, long toMillis, Map<String, List<String>> terms) {
  /** Every entry. */
  public static final EventFilter ALL = new EventFilter(0, Long.MAX_VALUE, Map.of());

  public EventFilter {
    terms = Map.copyOf(terms);
  }

  /** Those between two times; the second is not included. */
  public EventFilter between(long from, long to) {
    return new EventFilter(from, to, terms);
  }

  public EventFilter kind(String kind) {
    return with(EntryTerms.KIND, List.of(kind));
  }

  public EventFilter tenant(String tenant) {
    return with(EntryTerms.TENANT, List.of(tenant));
  }

  /**
   * Those that name somebody.
   *
   * @param names how entries name him: by hash, or in clear where the operator has it so
   */
  public EventFilter principal(List<String> names) {
    return with(EntryTerms.PRINCIPAL, names);
  }

  /**
   * Those about a tool.
   *
   * @param names likewise, for a tool that there is not
   */
  public EventFilter tool(List<String> names) {
    return with(EntryTerms.TOOL, names);
  }

  public EventFilter call(String callId) {
    return with(EntryTerms.CALL, List.of(callId));
  }

  public EventFilter code(String code) {
    return with(EntryTerms.CODE, List.of(code));
  }

  /**
   * Those with an outcome.
   *
   * @param decision a phase or an action in lower case: {@code denied}, {@code not_run}
   */
  public EventFilter decision(String decision) {
    return with(EntryTerms.DECISION, List.of(decision));
  }

  private EventFilter with(String term, List<String> values) {
    Map<String, List<String>> all = new LinkedHashMap<>(terms);
    all.put(term, List.copyOf(values));
    return new EventFilter(fromMillis, toMillis, all);
  }

  boolean matches(Obj entry) {
    long time = EntryTerms.time(entry);
    return time >= fromMillis
        && time < toMillis
        && terms.entrySet().stream()
            .allMatch(term -> EntryTerms.has(entry, term.getKey(), term.getValue()));
  }

  /**
   * What an entry's bytes hold if it matches, so that most need not be parsed. Values stand in
   * canonical JSON as they do here; decisions are spelled otherwise, so there is nothing to look
   * for.
   */
  List<Needle> needles() {
    List<Needle> needles = new ArrayList<>();
    terms.forEach(
        (term, values) -> {
          if (values.size() == 1 && !term.equals(EntryTerms.DECISION)) {
            needles.add(Needle.of(":" + CanonicalJson.string(new Str(values.getFirst()))));
          }
        });
    return needles;
  }
}
