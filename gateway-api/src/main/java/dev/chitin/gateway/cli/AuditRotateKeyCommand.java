package dev.chitin.gateway.cli;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.gateway.LogKeys;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit rotate-key}: a new key signs the log. */
@Command(
    name = "rotate-key",
    description = {
      "Make a new key for the log and print its verifier key.",
      "The log records it; both keys sign for the time of --overlap, in which everybody "
          + "who verifies the log, and each witness, is given the new one. Then the new key "
          + "signs alone and the old one is destroyed. This is not for a key that somebody "
          + "else may have: that log has ended, start a new one (SECURITY.md)."
    })
final class AuditRotateKeyCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--overlap",
      defaultValue = "7d",
      paramLabel = "TIME",
      description = "For how long both keys sign: 30s, 15m, 1h, 90d; default ${DEFAULT-VALUE}.")
  private String overlap = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  AuditRotateKeyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Duration both = Period.of("--overlap", overlap, LogKeys.MIN_OVERLAP, LogKeys.MAX_OVERLAP);
    Obj request = JsonValue.object().put("overlapMillis", both.toMillis()).build();
    Obj done =
        session.either(
            client ->
                client.call(
                    HttpMethod.POST,
                    "/admin/audit/rotate-key",
                    "application/json",
                    Buffer.buffer(CanonicalJson.bytes(request))),
            foundation -> LogKeys.json(foundation.logKeys().rotate(both)));
    if (json) {
      session.print(done);
    } else {
      session.out().println(Texts.of(done, "key"));
      session
          .out()
          .printf(
              "entry %s records it; until %s the old key signs and verifies as well:%n%s%n",
              Texts.of(done, "index"), Texts.of(done, "until"), Texts.of(done, "oldKey"));
    }
    return ExitCode.OK.value();
  }
}
