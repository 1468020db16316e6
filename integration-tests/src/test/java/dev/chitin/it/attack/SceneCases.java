package dev.chitin.it.attack;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.attack.Attack.Scene;
import dev.chitin.it.attack.Attack.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Numbers 10, 16 and 39: attacks that need several calls, or the death of a gateway. */
final class SceneCases {
  private SceneCases() {}

  static List<AttackCase> all() {
    return List.of(
        new AttackCase(10, "gateway-killed", "the gateway is killed during a run", killed()),
        new AttackCase(16, "link-race", "a link is swapped while the gateway reads", linkRace()),
        new AttackCase(39, "exact-argv", "arguments that want to be several", exactArgv()));
  }

  private static Scene killed() {
    var tool =
        new Tool(
            Probe.shell(
                "gateway-killed",
                """
                (setsid sleep 996.$mark >/dev/null 2>&1 &)
                : >started
                exec sleep 995.$mark
                """),
            Map.of("wall_ms", 60_000L),
            Map.of(),
            true);
    return new Scene(List.of(tool), Map.of(), "", false, stage -> killed(stage, tool));
  }

  private static Optional<String> killed(GatewayStage stage, Tool tool) throws Exception {
    Path home = Files.createDirectory(stage.base().resolve("killed"));
    new GatewaySetup(stage.base(), stage.around()).write(home, List.of(tool));
    Path workspace = home.resolve("workspace");
    String mark = GatewayStage.mark();
    long pid;
    try (var victim = AttackGateway.start(home, stage.host().flag(), "none", List.of())) {
      pid = victim.pid();
      var answer = new CompletableFuture<Integer>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  answer.complete(
                      victim
                          .call(tool.name(), JsonValue.object().put("mark", mark).build())
                          .status());
                } catch (IOException | InterruptedException e) {
                  answer.complete(0);
                }
              });
      Bounded.await(() -> Files.exists(workspace.resolve("started")), "the tool runs");
      Bounded.await(() -> HostWatch.survivors("996." + mark).size() > 0, "its child runs");
      victim.kill();
      if (answer.get() != 0) {
        return Optional.of("the call was answered: " + answer.get());
      }
      if (!Bounded.holds(() -> HostWatch.survivors(mark).isEmpty())) {
        return Optional.of("survivor: " + HostWatch.survivors(mark).getFirst());
      }
    }
    try (var next = AttackGateway.start(home, stage.host().flag(), "none", List.of())) {
      if (!GatewayStage.groups(pid).isEmpty()) {
        return Optional.of("left over: " + GatewayStage.groups(pid).getFirst());
      }
      Files.delete(workspace.resolve("started"));
      try (Stream<Path> left = Files.list(workspace)) {
        List<Path> covers = left.toList();
        if (!covers.isEmpty()) {
          return Optional.of("left over: " + covers.getFirst().getFileName());
        }
      }
      int status = next.call("fs_list", JsonValue.object().put("path", ".").build()).status();
      return status == 200 ? Optional.empty() : Optional.of("the next one answered " + status);
    }
  }

  /**
   * The tool swaps {@code d/result} between a file and a link to outside; the gateway reads it
   * until the tool has ended, and gives what lies inside, or refuses.
   */
  private static Scene linkRace() {
    var tool =
        new Tool(
            Probe.perl(
                "link-race",
                """
                while (time - $^T < 6) {
                  for (1 .. 20) {
                    link 'd/file', 'd/next'; rename 'd/next', 'd/result';
                    symlink $flag, 'd/next'; rename 'd/next', 'd/result';
                  }
                  rename 'd', 'e'; symlink '/etc', 'd'; unlink 'd'; rename 'e', 'd';
                }
                print "end=reached\\n";
                """),
            Map.of("wall_ms", 60_000L, "file_bytes", 65_536L),
            Map.of(),
            true);
    return new Scene(List.of(tool), Map.of("d/file", "inside"), "|d/.*|d", false, SceneCases::race);
  }

  private static Optional<String> race(GatewayStage stage) throws Exception {
    CompletableFuture<AttackGateway.Answer> swapping =
        stage.begin("link-race", GatewayStage.mark());
    JsonValue.Obj path = JsonValue.object().put("path", "d/result").build();
    int inside = 0;
    int refused = 0;
    Optional<String> breach = Optional.empty();
    while (!swapping.isDone()) {
      AttackGateway.Answer read = stage.gateway().call("fs_read", path);
      boolean given = read.status() == 200 && read.text().contains("\"status\":\"exit 0\"");
      if (!given) {
        refused++;
      } else if (read.text().contains("\"content\":\"inside\"")) {
        inside++;
      } else if (!read.text().contains("\"content\":\"\"")) {
        breach = Optional.of("read " + read.text());
      }
      if (read.text().contains(stage.host().canary())) {
        breach = Optional.of("the flag was read");
      }
    }
    String ended = swapping.get().text();
    if (!ended.contains("end=reached")) {
      return Optional.of(ended);
    }
    // A race that only one side ever won has not been run.
    return breach.isPresent() || (inside > 0 && refused > 0)
        ? breach
        : Optional.of("no race: " + inside + " inside, " + refused + " refused");
  }

  private static Scene exactArgv() {
    return new Scene(
        List.of(odd("odd-zone", Map.of("TZ", "../../etc/passwd", "LANG", "../../../etc/x"))),
        Map.of(),
        "",
        true,
        stage -> {
          List<String> odd =
              List.of("a\nb", "-rf", "--", "$(id)", "`id`", "'\"", "a b", "é\uD83D\uDE00", "*", "");
          AttackGateway.Answer printed =
              stage
                  .gateway()
                  .call(
                      "process_run",
                      JsonValue.object()
                          .put(
                              "argv",
                              Stream.concat(Stream.of("printf", "%s|"), odd.stream()).toList())
                          .build());
          String expected = String.join("|", odd) + "|";
          if (!AttackGateway.text(printed.json(), "stdout").equals(expected)) {
            return Optional.of("argv became " + printed.text());
          }
          for (String bad : List.of("a\\u0000b", "x".repeat(200_000), "x".repeat(2 << 20))) {
            AttackGateway.Answer refused = argument(stage, bad);
            if (refused.status() < 400 || refused.status() >= 500) {
              return Optional.of("argument of " + bad.length() + " gave " + refused.status());
            }
          }
          AttackGateway.Answer zone = stage.call("odd-zone", GatewayStage.mark());
          return zone.text().contains("end=reached") && !zone.text().contains("root:")
              ? Optional.empty()
              : Optional.of(zone.text());
        });
  }

  private static Tool odd(String name, Map<String, String> environment) {
    return new Tool(
        Probe.shell(
            name,
            "date; ls /nowhere 2>&1; printf '%s ' \"$TZ\" \"$LANG\"; echo; echo end=reached\n"),
        Map.of(),
        environment,
        false);
  }

  /** An argument as it stands in JSON. */
  private static AttackGateway.Answer argument(GatewayStage stage, String text)
      throws IOException, InterruptedException {
    String body = "{\"arguments\":{\"argv\":[\"printf\",\"%s\",\"" + text + "\"]}}";
    return stage.gateway().post("process_run", body.getBytes(StandardCharsets.UTF_8));
  }
}
