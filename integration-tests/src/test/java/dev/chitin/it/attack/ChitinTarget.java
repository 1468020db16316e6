package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The real gateway over HTTP. */
final class ChitinTarget implements Target {
  private static final int IDLE_ANSWERS = 300;

  /** Neighbours on the machine can only make a round worse. */
  private static final int ROUNDS = 3;

  private final GatewayStage stage;
  private final Health health;

  private ChitinTarget(GatewayStage stage, Health health) {
    this.stage = stage;
    this.health = health;
  }

  static ChitinTarget open(List<AttackCase> cases) throws IOException, InterruptedException {
    GatewayStage stage = GatewayStage.open(cases);
    Health health = stage.gateway().health();
    health.measureIdle(IDLE_ANSWERS);
    return new ChitinTarget(stage, health);
  }

  @Override
  public String name() {
    return "chitin";
  }

  @Override
  public Verdict attack(AttackCase attack) throws Exception {
    Optional<String> breach = Optional.empty();
    for (int round = 0; round < ROUNDS; round++) {
      Health.Round answers = health.begin();
      breach =
          switch (attack.attack()) {
            case Attack.Run run -> once(run);
            case Attack.Scene scene -> once(scene);
          };
      long p99 = answers.end();
      boolean judged = !(attack.attack() instanceof Attack.Scene scene) || scene.judgesHealth();
      if (breach.isPresent() || !judged || health.isUnaffected(p99)) {
        break;
      }
      breach = Optional.of("health took " + p99 / 1_000_000 + " ms");
    }
    return breach.isPresent() ? new Verdict.Broken(breach.get()) : new Verdict.Held();
  }

  private Optional<String> once(Attack.Run run) throws Exception {
    Map<String, String> before = stage.host().reset(run.planted());
    int arrived = stage.listeners().arrived();
    String mark = GatewayStage.mark();
    AttackGateway.Answer answer = stage.call(run.tool().name(), mark);
    HostWatch.Change change = stage.host().change(before, mark);
    if (answer.status() != 200) {
      return Optional.of("HTTP " + answer.status() + ": " + answer.text());
    }
    JsonValue.Obj body = answer.json();
    Seen seen = seen(answer, body, change);
    Optional<String> breach = outcome(run, seen);
    if (breach.isEmpty()) {
      breach = Judge.effects(run, seen, stage.host());
    }
    if (breach.isEmpty() && stage.listeners().arrived() != arrived) {
      breach = Optional.of("something arrived outside");
    }
    if (breach.isEmpty()) {
      breach = recorded(AttackGateway.text(body, "callId"), seen.status());
    }
    if (breach.isEmpty()) {
      breach = run.afterwards().breach(stage);
    }
    return breach.isPresent() ? breach : leftovers();
  }

  private Optional<String> once(Attack.Scene scene) throws Exception {
    Map<String, String> before = stage.host().reset(scene.planted());
    Optional<String> breach = scene.play().breach(stage);
    if (breach.isEmpty()) {
      HostWatch.Change change = stage.host().change(before, stage.host().canary());
      breach = Judge.host(change, scene.mayLeave());
    }
    return breach.isPresent() ? breach : leftovers();
  }

  private Optional<String> leftovers() throws IOException {
    List<String> left = stage.leftovers();
    return left.isEmpty() ? Optional.empty() : Optional.of("left over: " + left.getFirst());
  }

  /** The outcome has exactly its name, and the note that has to be there. */
  private static Optional<String> outcome(Attack.Run run, Seen seen) {
    if (!seen.status().equals(run.status())) {
      return Optional.of("ended as " + seen.status() + " " + seen.errors().strip());
    }
    return run.note().isEmpty() || seen.notes().stream().anyMatch(n -> n.startsWith(run.note()))
        ? Optional.empty()
        : Optional.of("no note of " + run.note());
  }

  private Optional<String> recorded(String callId, String status) {
    List<String> entries = stage.audit(callId);
    boolean begun = entries.stream().anyMatch(e -> e.contains("\"phase\":\"Authorized\""));
    boolean ended =
        entries.stream()
            .anyMatch(
                e -> e.contains("\"phase\":\"Completed\"") && e.contains("\"" + status + "\""));
    return begun && ended ? Optional.empty() : Optional.of("the log has " + entries);
  }

  private static Seen seen(
      AttackGateway.Answer answer, JsonValue.Obj body, HostWatch.Change change) {
    var notes = new ArrayList<String>();
    if (body.get("notes") instanceof JsonValue.Arr list) {
      list.items().forEach(item -> notes.add(item instanceof JsonValue.Str s ? s.value() : ""));
    }
    return new Seen(
        AttackGateway.text(body, "status"),
        notes,
        output(body, "stdout"),
        output(body, "stderr"),
        body.get("truncated") instanceof JsonValue.Bool cut && cut.value(),
        answer.body(),
        List.of(),
        change);
  }

  private static Bytes output(JsonValue.Obj body, String stream) {
    String text = AttackGateway.text(body, stream);
    return Bytes.adopt(
        AttackGateway.text(body, stream + "Encoding").equals("base64")
            ? Base64.getDecoder().decode(text)
            : text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    stage.close();
  }
}
