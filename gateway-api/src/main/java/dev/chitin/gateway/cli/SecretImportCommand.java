package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.http.VaultJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin secret import}: stores what another vault exported to this one. */
@Command(name = "import", description = "Store the secrets that stdin holds as exported lines.")
final class SecretImportCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  SecretImportCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonValue> stored = new ArrayList<>();
    for (String line : lines()) {
      stored.add(
          session.either(
              client ->
                  client.call(
                      HttpMethod.POST,
                      "/admin/vault/import",
                      "application/json",
                      Buffer.buffer(
                          CanonicalJson.string(JsonValue.object().put("secret", line).build()))),
              foundation ->
                  VaultJson.of(
                      foundation
                          .vaultAdministration()
                          .takeIn(KeyRecord.TENANT, line, Session.ACTOR, Session.deadline())
                          .await())));
    }
    if (json) {
      session.print(JsonValue.object().put("secrets", new JsonValue.Arr(stored)).build());
    } else {
      session.out().println("Stored " + stored.size() + " secrets.");
    }
    return ExitCode.OK.value();
  }

  /** What is exported is sealed and may lie on the heap. */
  private static List<String> lines() {
    try {
      return new String(System.in.readNBytes(64 << 20), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank())
          .toList();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.VAULT_TRANSFER_INVALID, "stdin cannot be read.").toException(e);
    }
  }
}
