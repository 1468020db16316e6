package dev.chitin.gateway.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The log for third parties: checkpoint (C2SP tlog-checkpoint), tiles and entry bundles
 * (tlog-tiles) and proofs (tlog-proof). Auditors of any tenant may have what holds hashes alone;
 * bundles hold the entries of every tenant, so they are for administrators, and each reading of one
 * is recorded before it is answered.
 */
final class AuditRoutes {
  private static final Duration PROOF = Duration.ofSeconds(5);
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String OCTETS = "application/octet-stream";
  private static final String FOREVER = "private, max-age=31536000, immutable";

  private final AuditReads reads;

  private final AuditLog audit;

  AuditRoutes(AuditReads reads, AuditLog audit) {
    this.reads = reads;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        get("/v1/audit/checkpoint", this::checkpoint)
            .described(
                Operation.of("audit", "The newest signed checkpoint (C2SP tlog-checkpoint)")
                    .gives(200, "A signed note.", "text/plain", "Text")),
        get("/v1/audit/proof/{index}", this::proof)
            .described(
                Operation.of("audit", "The proof of one entry (C2SP tlog-proof)")
                    .path("index", "The entry's index.")
                    .gives(200, "The proof.", "text/plain", "Text")),
        get("/v1/audit/tile/{path*}", this::tile)
            .described(
                Operation.of("audit", "A tile or a bundle of entries (C2SP tlog-tiles)")
                    .path(
                        "path",
                        "As C2SP tlog-tiles builds it. Bundles (entries/…) hold the entries of"
                            + " every tenant and need the scope admin.")
                    .gives(200, "The tile.", "application/octet-stream", "octets")));
  }

  private static Route get(String path, Route.Handler handler) {
    return Route.of(HttpMethod.GET, path, Scope.AUDIT_READ, Route.Body.NONE, handler);
  }

  private void checkpoint(Exchange exchange) {
    Optional<SignedNote> note = reads.log().published().checkpoint();
    if (note.isEmpty()) {
      exchange.fail(
          Problem.of(ProblemCode.AUDIT_PROOF_PENDING, "The log has no checkpoint to show yet.")
              .withHint("Ask again in a second; GET /health/ready says what is in the way."),
          null);
      return;
    }
    exchange.end(exchange.begin(200, TEXT), Buffer.buffer(note.get().bytes()));
  }

  private void proof(Exchange exchange) {
    String text = exchange.parameter("index");
    if (!text.matches("0|[1-9][0-9]{0,17}")) {
      exchange.fail(notFound("There is no entry of that index."), null);
      return;
    }
    long index = Long.parseLong(text);
    Deadline deadline = Deadline.after(PROOF);
    reads
        .read(() -> reads.log().proof(index, deadline))
        .map(TlogProof::bytes)
        .onSuccess(proof -> exchange.end(exchange.begin(200, TEXT), Buffer.buffer(proof)))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void tile(Exchange exchange) {
    Optional<TileAddress> address = TileAddress.parse("tile/" + exchange.parameter("path"));
    if (address.isEmpty()) {
      exchange.fail(notFound("That is not the path of a tile."), null);
      return;
    }
    boolean entries = address.get().level() == TileAddress.ENTRIES;
    if (entries && !exchange.caller().may(Scope.ADMIN)) {
      throw EventRequest.ownTenantAlone(
          "Ask GET /v1/audit/events, or use a credential with the scope admin: a bundle holds the"
              + " entries of every tenant.");
    }
    boolean zip = entries && takesGzip(exchange.request().getHeader("accept-encoding"));
    reads
        .read(() -> body(address.get(), zip))
        .compose(
            body ->
                entries ? recorded(exchange, address.get(), body) : Future.succeededFuture(body))
        .onSuccess(body -> answer(exchange, body, entries, zip))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private Future<byte[]> recorded(Exchange exchange, TileAddress bundle, byte[] body) {
    return AccessRecord.append(audit, exchange, "bundle", null, bundle.first(), bundle.width())
        .map(recorded -> body);
  }

  private byte[] body(TileAddress address, boolean zip) throws IOException {
    byte[] tile = reads.log().published().tile(address).orElseThrow(AuditRoutes::notPublished);
    return zip ? gzip(tile) : tile;
  }

  private static ChitinException notPublished() {
    return notFound("The published tree does not have this tile.").toException();
  }

  private static void answer(Exchange exchange, byte[] body, boolean entries, boolean zip) {
    HttpServerResponse response = exchange.begin(200, OCTETS).putHeader("cache-control", FOREVER);
    if (entries) {
      response.putHeader("vary", "accept-encoding");
    }
    if (zip) {
      response.putHeader("content-encoding", "gzip");
    }
    exchange.end(response, Buffer.buffer(body));
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream(bytes.length / 4);
    try (var zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  /** Whether {@code accepted} (RFC 9110 section 12.5.3) names gzip and does not forbid it. */
  private static boolean takesGzip(@Nullable String accepted) {
    if (accepted == null) {
      return false;
    }
    for (String coding : accepted.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = coding.strip().split(";", 2);
      if (parts[0].strip().equals("gzip")) {
        return parts.length == 1 || !parts[1].strip().matches("q=0(\\.0{0,3})?");
      }
    }
    return false;
  }

  private static Problem notFound(String detail) {
    return Problem.of(ProblemCode.REQUEST_NOT_FOUND, detail)
        .withHint(
            "Paths are those of C2SP tlog-tiles, within the size that /v1/audit/checkpoint gives.");
  }
}
