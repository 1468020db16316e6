package dev.chitin.it.attack;

import dev.chitin.bus.json.CanonicalJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code bin/attack}: runs the catalogue, prints a table and writes the same as JSON. */
public final class Attacks {
  private static final String USAGE =
      "usage: bin/attack [--target chitin|naive|all] [--case NAME] [--json FILE] [--list]";

  private Attacks() {}

  /**
   * What was asked for.
   *
   * @param targets names
   * @param only name of one case, or empty
   * @param json where to write
   * @param list whether to print names alone
   */
  private record Options(List<String> targets, String only, String json, boolean list) {}

  /** Exit code 0 when every case held on the gateway, 1 when one did not, 2 for a wrong option. */
  public static void main(String... arguments) throws Exception {
    System.exit(run(arguments));
  }

  private static int run(String... arguments) throws Exception {
    Options options;
    try {
      options = parse(arguments);
    } catch (IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage() + "\n" + USAGE);
      return 2;
    }
    List<AttackCase> cases =
        Catalogue.all().stream()
            .filter(one -> options.only().isEmpty() || one.name().equals(options.only()))
            .toList();
    if (cases.isEmpty()) {
      System.err.println("there is no case " + options.only());
      return 2;
    }
    if (options.list()) {
      cases.forEach(
          one -> System.out.println(one.number() + " " + one.name() + ": " + one.attacks()));
      return 0;
    }
    List<String> targets = new ArrayList<>(options.targets());
    Optional<String> refusal = targets.contains("naive") ? NaiveTarget.refusal() : Optional.empty();
    if (refusal.isPresent()) {
      System.err.println("the naive line is not run: " + refusal.get());
      targets.remove("naive");
      if (targets.isEmpty()) {
        return 2;
      }
    }
    Scoreboard board = attack(cases, targets);
    if (!options.json().isEmpty()) {
      Files.writeString(Path.of(options.json()), CanonicalJson.inOrder(board.json()) + "\n");
    }
    return board.count("chitin", Verdict.Broken.class) == 0 ? 0 : 1;
  }

  private static Options parse(String... arguments) {
    String target = "all";
    String only = "";
    String json = "";
    boolean list = false;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--list" -> list = true;
        case "--target" -> target = value(arguments, ++i);
        case "--case" -> only = value(arguments, ++i);
        case "--json" -> json = value(arguments, ++i);
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    List<String> targets =
        switch (target) {
          case "all" -> List.of("chitin", "naive");
          case "chitin", "naive" -> List.of(target);
          default -> throw new IllegalArgumentException("unknown target " + target);
        };
    return new Options(targets, only, json, list);
  }

  private static String value(String[] arguments, int i) {
    if (i >= arguments.length) {
      throw new IllegalArgumentException(arguments[i - 1] + " needs a value");
    }
    return arguments[i];
  }

  /** A case that could not be run to its end has not held. */
  private static Verdict attack(Target target, AttackCase one) throws InterruptedException {
    try {
      return target.attack(one);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return new Verdict.Broken("could not be run: " + e);
    }
  }

  private static Scoreboard attack(List<AttackCase> cases, List<String> names) throws Exception {
    var board = new Scoreboard(names);
    List<Target> targets = new ArrayList<>();
    try {
      for (String name : names) {
        targets.add(name.equals("naive") ? NaiveTarget.open() : ChitinTarget.open(cases));
      }
      System.out.println(board.head());
      for (AttackCase one : cases) {
        Map<String, Verdict> verdicts = new LinkedHashMap<>();
        for (Target target : targets) {
          verdicts.put(target.name(), attack(target, one));
        }
        board.add(one, verdicts);
        System.out.println(board.line(one));
      }
    } finally {
      for (Target target : targets) {
        target.close();
      }
    }
    System.out.println();
    for (String name : names) {
      System.out.printf(
          "%s: %d held, %d broken, %d n/a%n",
          name,
          board.count(name, Verdict.Held.class),
          board.count(name, Verdict.Broken.class),
          board.count(name, Verdict.NotApplicable.class));
    }
    return board;
  }
}
