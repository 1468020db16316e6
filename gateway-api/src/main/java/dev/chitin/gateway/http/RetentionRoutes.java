package dev.chitin.gateway.http;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.PruneLimit;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.vault.VaultAdministration;
import io.vertx.core.http.HttpMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the operator does with the log's oldest entries; on the administration socket only. */
final class RetentionRoutes {
  private static final Duration RECORD = Duration.ofSeconds(10);

  private final AuditReads reads;
  private final VaultAdministration vault;

  RetentionRoutes(AuditReads reads, VaultAdministration vault) {
    this.reads = reads;
    this.vault = vault;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.POST, "/admin/audit/prune", Scope.ADMIN, Route.Body.JSON, this::prune),
        Route.of(
            HttpMethod.POST, "/admin/audit/rotate", Scope.ADMIN, Route.Body.NONE, this::rotate));
  }

  /**
   * {@code {"before", "archive"?}}. What is removed lies below what was durable before the vault
   * says where it stands, so that the log keeps a mark of it.
   */
  private void prune(Exchange exchange) {
    JsonFields body = AuditEventRoutes.body(exchange);
    String before = body.required("before", body.string("before"));
    Optional<String> archive = body.string("archive");
    body.end();
    if (archive.isPresent() && !archive.get().startsWith("/")) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "The archive is no absolute path.")
          .withRule("archive")
          .withHint("Name the directory from the root on.")
          .toException();
    }
    @Nullable Path directory = archive.map(Path::of).orElse(null);
    DurableAuditLog log = reads.log();
    reads
        .read(() -> PruneLimit.index(log.reader(), log.publication().size(), before))
        .compose(
            limit ->
                vault
                    .markClosed()
                    .compose(
                        marked ->
                            reads.read(
                                () ->
                                    log.retention()
                                        .prune(limit, directory, Deadline.after(RECORD)))))
        .onSuccess(
            minimum -> exchange.respond(200, JsonValue.object().put("minimum", minimum).build()))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void rotate(Exchange exchange) {
    reads.log().rotate();
    exchange.respond(200, JsonValue.object().put("rotates", true).build());
  }
}
