package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.gateway.Foundation;
import io.vertx.core.http.HttpMethod;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code chitin audit rotate}: has the log go on in a new segment. */
@Command(
    name = "rotate",
    description = "Have the next entry begin a new segment, so that those before can be pruned.")
final class AuditRotateCommand implements Callable<Integer> {
  private final Session session;

  AuditRotateCommand(Session session) {
    this.session = session;
  }

  /** The vault's word on where it stands is the next entry. */
  private static Obj here(Foundation foundation) {
    foundation.rotate();
    return JsonValue.object().put("rotates", true).build();
  }

  @Override
  public Integer call() {
    Obj done =
        session.either(
            client -> client.call(HttpMethod.POST, "/admin/audit/rotate"),
            AuditRotateCommand::here);
    session.out().println(done.members().isEmpty() ? "" : "a new segment begins");
    return ExitCode.OK.value();
  }
}
