package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.LogVerifier;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.audit.tree.TileBuilder;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log for third parties, from a running gateway: over HTTP, on the command line, offline. */
class AuditOverHttpTest {
  private static final byte[] NOTHING = {};

  @TempDir Path temp;

  private static HttpResponse<byte[]> get(
      GatewayProcess gateway, String key, String path, String accept) throws Exception {
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return http.send(
          HttpRequest.newBuilder(gateway.url().resolve(path))
              .timeout(Duration.ofMinutes(1))
              .header("authorization", "Bearer " + key)
              .header("accept-encoding", accept)
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private static byte[] body(GatewayProcess gateway, String key, String path) throws Exception {
    HttpResponse<byte[]> answer = get(gateway, key, path, "identity");
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    return answer.body();
  }

  @Test
  void anAdministratorMirrorsTheLogAndAnAuditorProvesACall() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(GatewayProcess.HIGH_RATE))) {
      String admin = gateway.key("admin", "admin");
      String auditor = gateway.key("auditor", "auditor");
      String agent = gateway.key("agent", "agent");
      long index;
      try (var calls = new Agent(gateway.url(), agent)) {
        for (int i = 0; i < 140; i++) {
          assertThat(calls.get("/v1/tools").status()).isEqualTo(200);
          assertThat(calls.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
        }
        Agent.Answer answer = calls.call("fs_list", Agent.path("."));
        index = Json.number(Json.object(answer.body(), "audit"), "index");
      }
      String vkey = gateway.run("audit", "key").out().strip();
      assertThat(vkey).startsWith("chitin.local/audit/local+");

      Path mirror = Files.createDirectory(temp.resolve("mirror"));
      Path proofs = Files.createDirectories(mirror.resolve("proof"));
      byte[] proof = body(gateway, auditor, "/v1/audit/proof/" + index);
      Files.write(proofs.resolve(index + ".tlog-proof"), proof);
      byte[] checkpoint = body(gateway, auditor, "/v1/audit/checkpoint");
      long size = Long.parseLong(new String(checkpoint, StandardCharsets.UTF_8).split("\n", -1)[1]);
      assertThat(size).isGreaterThan(280).isGreaterThan(index);
      for (int level = TileAddress.ENTRIES; level < TileBuilder.LEVELS; level++) {
        long count = TileAddress.count(level, size);
        for (long first = 0; first < count; first += 256) {
          String path = TileAddress.holding(level, first, count).path();
          Path file = mirror.resolve(path);
          Files.createDirectories(file.resolveSibling("."));
          String reader = level == TileAddress.ENTRIES ? admin : auditor;
          Files.write(file, body(gateway, reader, "/v1/audit/" + path));
        }
      }
      Files.write(mirror.resolve("checkpoint"), checkpoint);
      Path pair = temp.resolve("pair");
      Result written =
          gateway.run("audit", "proof", Long.toString(index), "--out", pair.toString());
      assertThat(written.exit()).as(written.err()).isZero();
      Files.copy(pair.resolve(index + ".json"), proofs.resolve(index + ".json"));
      assertThat(Files.readString(pair.resolve(index + ".json"))).contains("\"fs_list\"");
      assertThat(new IndependentVerifier(temp).verify(mirror, vkey, null).said())
          .contains("ok: " + size + " entries, 1 proofs");

      refusals(gateway, admin, agent, size);
      headers(gateway, admin);
    }
  }

  @Test
  void anAuditorOfOneTenantReadsNoEntriesOfAnotherInBundles() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(GatewayProcess.HIGH_RATE))) {
      Result made =
          gateway.run(
              "key", "create", "--name", "b", "--tenant", "b", "--role", "auditor", "--json");
      String own = gateway.key("auditor", "auditor");
      String others = Json.text(Json.object(made.out()), "key");
      String admin = gateway.key("admin", "admin");
      try (var calls = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
        for (int i = 0; i < 130; i++) {
          assertThat(calls.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
        }
      }
      Await.until(
          "a full bundle",
          () -> get(gateway, admin, "/v1/audit/tile/entries/000", "gzip").statusCode() == 200);
      for (String key : new String[] {own, others}) {
        for (String path : new String[] {"000", "000.p/9", "999", "x001/000"}) {
          assertRefused(get(gateway, key, "/v1/audit/tile/entries/" + path, "gzip"));
        }
        for (String path : new String[] {"checkpoint", "tile/0/000", "proof/3"}) {
          assertThat(get(gateway, key, "/v1/audit/" + path, "gzip").statusCode())
              .as(path)
              .isEqualTo(200);
        }
      }
      assertRefused(get(gateway, others, "/v1/audit/events?tenant=default", "gzip"));
      assertThat(reads(gateway, admin)).as("who had a bundle is in the log").isEqualTo(1);
      assertThat(get(gateway, admin, "/v1/audit/tile/entries/000.p/9", "gzip").statusCode())
          .isEqualTo(200);
      assertThat(reads(gateway, admin)).isEqualTo(2);
    }
  }

  /** How many readings of bundles the log has; each is of entries from the first on. */
  private static int reads(GatewayProcess gateway, String admin) throws Exception {
    byte[] page = body(gateway, admin, "/v1/audit/events?kind=AuditAccess&limit=1000");
    return Json.items(Json.object(new String(page, StandardCharsets.UTF_8)), "entries").stream()
        .map(item -> Json.object((JsonValue.Obj) item, "entry"))
        .filter(entry -> Json.text(entry, "action").equals("bundle"))
        .toList()
        .size();
  }

  /** The one refusal of what other tenants did. */
  private static void assertRefused(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(new String(answer.body(), StandardCharsets.UTF_8))
        .contains("auth.scope_insufficient")
        .contains("scope.admin")
        .contains("You see your own tenant's events.");
  }

  private static void refusals(GatewayProcess gateway, String admin, String agent, long size)
      throws Exception {
    for (String path :
        new String[] {
          "tile/0/000.p/0",
          "tile/0/000.p/256",
          "tile/0/000.p/007",
          "tile/00/000",
          "tile/0/0",
          "tile/0/x000/000",
          "tile/0/" + "%03d".formatted(size / 256 + 1),
          "tile/entries/999",
          "tile/0/000/",
          "tile/0",
          "tile/",
          "proof/007",
          "proof/-1",
          "proof/x",
          "proof/99999999999",
          "checkpoint/x"
        }) {
      HttpResponse<byte[]> answer = get(gateway, admin, "/v1/audit/" + path, "identity");
      assertThat(answer.statusCode()).as(path).isEqualTo(404);
    }
    for (String path :
        new String[] {"checkpoint", "tile/0/000.p/1", "tile/entries/000", "proof/0"}) {
      assertThat(get(gateway, agent, "/v1/audit/" + path, "identity").statusCode()).isEqualTo(403);
      assertThat(get(gateway, "none", "/v1/audit/" + path, "identity").statusCode()).isEqualTo(401);
    }
  }

  private static void headers(GatewayProcess gateway, String admin) throws Exception {
    HttpResponse<byte[]> note = get(gateway, admin, "/v1/audit/checkpoint", "gzip");
    assertThat(note.headers().firstValue("cache-control")).contains("no-store");
    assertThat(note.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
    HttpResponse<byte[]> tile = get(gateway, admin, "/v1/audit/tile/0/000.p/9", "gzip");
    assertThat(tile.body()).hasSize(9 * 32);
    assertThat(tile.headers().firstValue("cache-control"))
        .contains("private, max-age=31536000, immutable");
    assertThat(tile.headers().firstValue("content-type")).contains("application/octet-stream");
    assertThat(tile.headers().firstValue("content-encoding")).isEmpty();
    HttpResponse<byte[]> plain =
        get(gateway, admin, "/v1/audit/tile/entries/000", "br, gzip;q=0.0");
    HttpResponse<byte[]> zipped = get(gateway, admin, "/v1/audit/tile/entries/000", "br, gzip");
    assertThat(plain.headers().firstValue("content-encoding")).isEmpty();
    assertThat(zipped.headers().firstValue("content-encoding")).contains("gzip");
    assertThat(zipped.headers().firstValue("vary")).contains("accept-encoding");
    try (var unzip = new GZIPInputStream(new java.io.ByteArrayInputStream(zipped.body()))) {
      assertThat(unzip.readAllBytes()).isEqualTo(plain.body());
    }
    HttpResponse<byte[]> metrics = get(gateway, admin, "/metrics", "identity");
    assertThat(new String(metrics.body(), StandardCharsets.UTF_8))
        .contains("chitin_audit_size ", "chitin_audit_checkpoint_size ", "chitin_audit_failed 0");
  }

  @Test
  void aCopyVerifiesOfflineWithThePublicKeyAloneAndADamagedOneDoesNot() throws Exception {
    Path home = GatewayProcess.home("");
    Path earlier = temp.resolve("earlier");
    String vkey;
    try (var gateway = GatewayProcess.start(home)) {
      vkey = gateway.run("audit", "key").out().strip();
      Files.copy(home.resolve("audit/checkpoint"), earlier);
      try (var calls = new Agent(gateway.url(), gateway.key("a", "agent"))) {
        assertThat(calls.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      }
      assertThat(gateway.stop()).isZero();
      Path copy = Files.createDirectory(temp.resolve("copy"));
      try (Stream<Path> files = Files.list(home.resolve("audit"))) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
      long entries = LogVerifier.verify(copy).entries();
      Result good = verify(home, copy, vkey, earlier);
      assertThat(good.exit()).as(good.out() + good.err()).isZero();
      assertThat(good.out()).contains("signed by the given key");
      // The orderly stop signed everything that was recorded.
      assertThat(good.out()).contains("checkpoint: " + entries + " entries");
      Path export = temp.resolve("export");
      Result exported =
          GatewayProcess.run(home, NOTHING, "audit", "export", "--dir", export.toString());
      assertThat(exported.exit()).as(exported.err()).isZero();
      assertThat(verify(home, export, vkey, earlier).exit()).isZero();
      assertThat(new IndependentVerifier(temp).verify(export, vkey, earlier).exit()).isZero();

      String other = vkey.replace("audit/local", "audit/other");
      assertThat(verify(home, copy, other, null).exit()).isEqualTo(2); // Its key id does not fit.
      Path segment = copy.resolve("segment-00000000000000000000.log");
      byte[] bytes = Files.readAllBytes(segment);
      int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\"fs_list\"");
      bytes[at + 1] ^= 1;
      Files.write(segment, bytes);
      Result bad = verify(home, copy, vkey, null);
      assertThat(bad.exit()).isEqualTo(6);
      assertThat(bad.out()).contains("entry ").contains("offset ").contains("segment-");
    }
  }

  private static Result verify(Path home, Path log, String key, @Nullable Path since)
      throws Exception {
    return since == null
        ? GatewayProcess.run(
            home, NOTHING, "audit", "verify", "--dir", log.toString(), "--key", key)
        : GatewayProcess.run(
            home,
            NOTHING,
            "audit",
            "verify",
            "--dir",
            log.toString(),
            "--key",
            key,
            "--since",
            since.toString());
  }

  @Test
  void aLostOrExchangedLogKeyStopsTheStart() throws Exception {
    Path home = GatewayProcess.home("");
    try (var gateway = GatewayProcess.start(home)) {
      assertThat(gateway.stop()).isZero();
      Path key = GatewayProcess.logKey(home, ".key");
      assertThat(key).isRegularFile().hasSize(32);
      Files.delete(key);
      Result refused = GatewayProcess.run(home, NOTHING, "serve", "--port", "0");
      assertThat(refused.exit()).isEqualTo(5);
      assertThat(refused.err()).contains("audit.key_changed", "key file " + key + " is missing");
      assertThat(key).as("nothing is made in its place").doesNotExist();
    }
  }
}
