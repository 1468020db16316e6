package dev.chitin.it.bench;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code bin/bench}: runs every row, prints a table and writes the same as JSON. */
public final class Bench {
  private Bench() {}

  /** One or more rows that are measured together. */
  interface Measurement {
    List<Row> run(Path work) throws Exception;
  }

  /**
   * Runs the measurements whose name holds the last argument, or all.
   *
   * @param arguments {@code --json FILE}, then maybe {@code --full} for sizes that take minutes,
   *     then maybe a part of a name: {@code start}, {@code call}, {@code sandbox}, {@code native},
   *     {@code vault}, {@code audit}
   */
  public static void main(String... arguments) throws Exception {
    Path json = Path.of(arguments[1]);
    List<String> rest = new ArrayList<>(List.of(arguments).subList(2, arguments.length));
    boolean full = rest.remove("--full");
    String only = rest.isEmpty() ? "" : rest.getFirst();
    Path work = Path.of(System.getProperty("chitin.bench.dir")).toAbsolutePath();
    Files.createDirectories(work);
    List<Row> rows = new ArrayList<>();
    if ("start".contains(only)) {
      rows.addAll(new Starts().run(work));
    }
    if ("call".contains(only)) {
      rows.addAll(new FullCalls().run(work));
      rows.addAll(new TlsCalls().run(work));
      rows.addAll(new IdleStreams().run(work));
    }
    if ("sandbox".contains(only)) {
      rows.addAll(new SandboxCalls().run(work));
    }
    if ("native".contains(only)) {
      rows.addAll(new NativeCalls().run(work));
    }
    if ("vault".contains(only)) {
      rows.addAll(new VaultUses().run(work));
      rows.addAll(new VaultOpenings().run(work));
    }
    if ("audit".contains(only)) {
      rows.addAll(new AuditAppends().run(work));
      rows.addAll(new AuditGrowth(full).run(work));
    }
    System.out.println("| row | ours | reference | unit | ratio | target | reference is | note |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    rows.forEach(row -> System.out.println(row.line()));
    JsonValue document =
        JsonValue.object()
            .put("java", Runtime.version().toString())
            .put("processors", Runtime.getRuntime().availableProcessors())
            .put("rows", new JsonValue.Arr(rows.stream().map(Row::json).toList()))
            .build();
    Files.writeString(json, CanonicalJson.inOrder(document) + "\n");
    System.exit(0);
  }
}
