package dev.chitin.gateway.cli;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.gateway.Foundation;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit prune}: removes the oldest segments of the log. */
@Command(
    name = "prune",
    description = {
      "Remove the oldest entries of the log, by whole segments.",
      "The log itself says so first. All hashes stay: roots, checkpoints and proofs "
          + "verify as before, and entries below the minimum are answered with 410. Never "
          + "removed are the last segment, entries of calls that may be open, and what no "
          + "checkpoint covers. Cannot be undone."
    })
final class AuditPruneCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--before",
      required = true,
      description = "Index of an entry, a day (2027-01-31) or an instant; UTC.")
  private String before = "";

  @Option(
      names = "--archive",
      description = "Directory to which the entries are copied, and verified, first.")
  private @Nullable Path archive;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  AuditPruneCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    @Nullable Path to = archive == null ? null : archive.toAbsolutePath().normalize();
    Obj request =
        JsonValue.object()
            .put("before", before)
            .put("archive", to == null ? null : to.toString())
            .build();
    Obj done =
        session.either(
            client ->
                client.call(
                    HttpMethod.POST,
                    "/admin/audit/prune",
                    "application/json",
                    Buffer.buffer(CanonicalJson.bytes(request))),
            foundation -> here(foundation, to));
    if (json) {
      session.print(done);
    } else {
      session.out().println("the log begins with entry " + Texts.of(done, "minimum"));
    }
    return ExitCode.OK.value();
  }

  private Obj here(Foundation foundation, @Nullable Path to) {
    return JsonValue.object()
        .put("minimum", foundation.prune(before, to, Session.deadline()))
        .build();
  }
}
