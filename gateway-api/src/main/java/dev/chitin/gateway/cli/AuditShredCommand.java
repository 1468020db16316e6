package dev.chitin.gateway.cli;

import dev.chitin.audit.AuditAccess;
import dev.chitin.audit.FieldSealer.Subject;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.auth.KeyRecord;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit shred}: destroys a subject's keys. */
@Command(
    name = "shred",
    description = {
      "Destroy the keys of one subject: his name becomes unreadable.",
      "The hash that stands for it in entries is nobody's then. The entries stay and "
          + "the log verifies. Cannot be undone; copies of the file audit-subjects made "
          + "before still have the keys."
    })
final class AuditShredCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--subject", required = true, description = "His name: a principal's.")
  private String subject = "";

  @Option(
      names = "--tenant",
      defaultValue = KeyRecord.TENANT,
      description = "His tenant; default " + KeyRecord.TENANT + ".")
  private String tenant = KeyRecord.TENANT;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  AuditShredCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Obj request = JsonValue.object().put("subject", subject).put("tenant", tenant).build();
    Obj done =
        session.either(
            client ->
                client.call(
                    HttpMethod.POST,
                    "/admin/audit/shred",
                    "application/json",
                    Buffer.buffer(CanonicalJson.bytes(request))),
            this::here);
    if (json) {
      session.print(done);
    } else if (done.get("destroyed") instanceof JsonValue.Bool destroyed && destroyed.value()) {
      session.out().println("destroyed; entries name him " + Texts.of(done, "hash"));
    } else {
      session.out().println("there were no keys of that subject");
    }
    return ExitCode.OK.value();
  }

  private Obj here(Foundation foundation) {
    Optional<String> hash =
        foundation
            .fieldKeys()
            .shred(new Subject(tenant, subject), known -> record(foundation, known))
            .await();
    return JsonValue.object()
        .put("destroyed", hash.isPresent())
        .put("hash", hash.orElse(null))
        .build();
  }

  private static Future<?> record(Foundation foundation, Optional<String> hash) {
    return foundation
        .audit()
        .append(
            new AuditAccess(
                "shred",
                KeyRecord.TENANT,
                Session.ACTOR,
                hash.orElse(null),
                0,
                hash.isPresent() ? 1 : 0),
            Session.deadline());
  }
}
