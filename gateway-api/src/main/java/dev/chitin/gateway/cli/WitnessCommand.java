package dev.chitin.gateway.cli;

import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.audit.witness.Witness;
import dev.chitin.audit.witness.WitnessVerticle;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.LogKey;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit witness}: a small process that remembers the checkpoints of other logs. */
@Command(
    name = "witness",
    description = {
      "Remember and cosign the checkpoints of logs (C2SP tlog-witness) until SIGTERM or SIGINT.",
      "Run it on another machine, as another user than the gateway."
    })
final class WitnessCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--log",
      required = true,
      paramLabel = "VKEY",
      description = {
        "Verifier key of a log to watch (chitin audit key); may be given again, for other logs and",
        "for the other key of a log whose key is being rotated."
      })
  private List<String> logs = List.of();

  @Option(names = "--dir", required = true, description = "Where it keeps its memory.")
  private Path directory = Path.of("");

  @Option(
      names = "--key-file",
      required = true,
      description = "Its key, outside of --dir; made on first use.")
  private Path keyFile = Path.of("");

  @Option(
      names = "--name",
      defaultValue = "chitin.local/witness",
      description = "Its name; default ${DEFAULT-VALUE}.")
  private String name = "";

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "Address to listen on; default ${DEFAULT-VALUE}. It speaks HTTP without TLS.")
  private String host = "";

  @Option(
      names = "--port",
      defaultValue = "8788",
      description = "Port to listen on; 0 picks a free one; default ${DEFAULT-VALUE}.")
  private int port;

  @Option(names = "--json", description = "Print address and key as JSON.")
  private boolean json;

  WitnessCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var told = new CountDownLatch(1);
    List.of("TERM", "INT").forEach(signal -> Signals.on(signal, told::countDown));
    List<VerifierKey> keys = keys();
    if (!name.matches("[!-*,-~]{1,255}")) {
      throw unusable("--name is printable, without spaces and +.");
    }
    try (LogKey key = LogKey.open(name, keyFile, directory);
        Witness witness =
            Witness.open(
                directory,
                new DiskStorage(),
                key,
                keys,
                () -> System.currentTimeMillis() / 1_000)) {
      Vertx vertx = Vertx.vertx();
      try {
        var verticle = new WitnessVerticle(witness, host, port);
        vertx.deployVerticle(verticle).await();
        tell("http://" + host + ":" + verticle.actualPort(), witness.key().toString());
        told.await();
      } finally {
        vertx.close().await();
      }
    }
    return ExitCode.OK.value();
  }

  private List<VerifierKey> keys() {
    List<VerifierKey> keys = new ArrayList<>();
    for (String log : logs) {
      keys.add(
          VerifierKey.parse(log)
              .filter(key -> key.type() == VerifierKey.Type.ED25519)
              .orElseThrow(() -> unusable("--log is not the verifier key of a log.")));
    }
    return keys;
  }

  private static RuntimeException unusable(String detail) {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, detail)
        .withHint("chitin audit key prints the key of a log.")
        .toException();
  }

  private void tell(String url, String key) {
    if (json) {
      session.print(JsonValue.object().put("url", url).put("key", key).build());
    } else {
      session.out().println(url);
      session.out().println(key);
    }
    session.out().flush();
  }
}
