package dev.chitin.it.attack;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Cases by targets, as a table and as JSON. */
final class Scoreboard {
  private static final int MOST = 72;

  private final List<String> targets;
  private final Map<AttackCase, Map<String, Verdict>> rows = new LinkedHashMap<>();

  Scoreboard(List<String> targets) {
    this.targets = List.copyOf(targets);
  }

  void add(AttackCase attack, Map<String, Verdict> verdicts) {
    rows.put(attack, verdicts);
  }

  /** The table's head. */
  String head() {
    return "| no | case | attack | "
        + String.join(" | ", targets)
        + " |\n|---|---|---|"
        + "---|".repeat(targets.size());
  }

  /** One line of the table. */
  String line(AttackCase attack) {
    var cells = new ArrayList<String>();
    for (String target : targets) {
      Verdict verdict = rows.getOrDefault(attack, Map.of()).get(target);
      cells.add(verdict == null ? "" : verdict.word() + brief(verdict.why()));
    }
    return "| %d | %s | %s | %s |"
        .formatted(attack.number(), attack.name(), attack.attacks(), String.join(" | ", cells));
  }

  private static String brief(String why) {
    String plain = why.replaceAll("[\\p{Cntrl}|]+", " ").strip();
    return plain.isEmpty()
        ? ""
        : ": " + (plain.length() > MOST ? plain.substring(0, MOST) + "…" : plain);
  }

  /** How many cases came out that way on that target. */
  long count(String target, Class<? extends Verdict> kind) {
    return rows.values().stream().filter(row -> kind.isInstance(row.get(target))).count();
  }

  JsonValue.Obj json() {
    var cases = new ArrayList<JsonValue>();
    rows.forEach(
        (attack, verdicts) -> {
          JsonValue.Builder row =
              JsonValue.object()
                  .put("number", attack.number())
                  .put("name", attack.name())
                  .put("attacks", attack.attacks());
          verdicts.forEach(
              (target, verdict) ->
                  row.put(
                      target,
                      JsonValue.object()
                          .put("verdict", verdict.word())
                          .put("why", verdict.why())
                          .build()));
          cases.add(row.build());
        });
    return JsonValue.object()
        .put("targets", targets)
        .put("cases", new JsonValue.Arr(cases))
        .build();
  }
}
