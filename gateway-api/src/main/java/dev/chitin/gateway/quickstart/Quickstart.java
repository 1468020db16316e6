package dev.chitin.gateway.quickstart;

import dev.chitin.audit.LogVerification;
import dev.chitin.audit.LogVerifier;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.ChitinHome;
import dev.chitin.gateway.Gateway;
import dev.chitin.gateway.GatewaySettings;
import dev.chitin.gateway.VaultAccess;
import dev.chitin.gateway.auth.CreatedKey;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.KeySpec;
import dev.chitin.gateway.auth.Role;
import dev.chitin.policy.Capabilities;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolDefinitionReader;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import dev.chitin.vault.DeleteRequest;
import dev.chitin.vault.PutRequest;
import dev.chitin.vault.SecretName;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A gateway with a demonstration beside it. The demonstration's tool, and the grant for its server
 * on loopback, exist in memory alone; its secret is deleted when it has been used.
 */
public final class Quickstart implements AutoCloseable {
  private static final String KEY_NAME = "quickstart";
  private static final SecretName SECRET = new SecretName("quickstart-token");
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String CONFIGURED =
      """
      {
        // chitin config schema lists every key.
        "workspace": { "allowed_paths": [], "denied_paths": [] }
      }
      """;

  private final Vertx vertx;
  private final DemoServer server;
  private final Gateway gateway;
  private final PrintStream out;

  private Quickstart(Vertx vertx, DemoServer server, Gateway gateway, PrintStream out) {
    this.vertx = vertx;
    this.server = server;
    this.gateway = gateway;
    this.out = out;
  }

  /**
   * Starts the demonstration's server and the gateway.
   *
   * @param settings what to start with
   * @param again reads the settings anew, after the configuration was written
   * @param access how it gets into the vault
   * @param out where the demonstration is told
   */
  public static Quickstart start(
      GatewaySettings settings,
      Supplier<GatewaySettings> again,
      VaultAccess access,
      PrintStream out)
      throws IOException {
    ChitinHome home = settings.home().prepare();
    boolean fresh = !Files.exists(home.configuration());
    Vertx vertx = Vertx.vertx();
    DemoServer server = DemoServer.start(vertx);
    try {
      Gateway gateway;
      try {
        gateway = Gateway.start(withDemonstration(settings, server.port()), access);
      } catch (ChitinException e) {
        String waivers = waivers(e);
        if (!fresh || waivers.isEmpty()) {
          throw e;
        }
        write(home.configuration(), waiving(waivers));
        out.println(
            "Not all control groups are delegated to this user. Written to "
                + home.configuration()
                + ":");
        out.println("  sandbox.waive: [" + waivers + "]");
        gateway = Gateway.start(withDemonstration(again.get(), server.port()), access);
      }
      if (!Files.exists(home.configuration())) {
        write(home.configuration(), CONFIGURED);
      }
      return new Quickstart(vertx, server, gateway, out);
    } catch (IOException | RuntimeException e) {
      server.close();
      vertx.close().await();
      throw e;
    }
  }

  /** The names that the refusal asks to be waived, as they stand in a list; empty for none. */
  static String waivers(ChitinException failure) {
    String hint = failure.problem().hint();
    return failure.code() != ProblemCode.SANDBOX_UNAVAILABLE || hint == null
        ? ""
        : SandboxSettings.WAIVABLE.stream()
            .map(name -> "\"" + name + "\"")
            .filter(hint::contains)
            .collect(Collectors.joining(", "));
  }

  private static String waiving(String waivers) {
    return """
        {
          // Written by quickstart: this user has no delegated control groups for what these names
          // stand for, so a whole process tree is not limited there, only each process. Started by
          // root, bin/chitin arranges the delegation; then take this out.
          "sandbox": { "waive": [%s] }
        }
        """
        .formatted(waivers);
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW);
  }

  /** The settings with the demonstration's tool and destination, in memory only. */
  private static GatewaySettings withDemonstration(GatewaySettings settings, int port) {
    String destination = "127.0.0.1:" + port;
    JsonValue declared =
        JsonValue.object()
            .put("name", Demonstration.TOOL)
            .put("description", "Asks the quickstart's own server who calls.")
            .put(
                "capabilities",
                JsonValue.object()
                    .put(
                        "NetworkAccess",
                        JsonValue.object().put("hosts", List.of(destination)).build())
                    .build())
            .put(
                "run",
                JsonValue.object()
                    .put(
                        "http",
                        JsonValue.object()
                            .put("method", "GET")
                            .put("url", "http://" + destination + "/whoami")
                            .build())
                    .build())
            .put(
                "credentials",
                new JsonValue.Arr(
                    List.of(
                        JsonValue.object()
                            .put("name", SECRET.value())
                            .put("scheme", "http")
                            .put("host", "127.0.0.1")
                            .put("port", port)
                            .put("header", "Authorization")
                            .put("format", "bearer")
                            .build())))
            .build();
    ToolDefinition tool = ToolDefinitionReader.read(declared, "/quickstart");
    List<ToolDefinition> tools = new ArrayList<>(settings.tools());
    tools.add(tool);
    Map<String, Capabilities> grants = new HashMap<>(settings.policy().grants());
    grants.put(tool.name(), tool.capabilities());
    List<String> allowed = new ArrayList<>(settings.policy().allowPrivate());
    allowed.add(destination);
    return settings.withDemonstration(tools, grants, allowed);
  }

  public Gateway gateway() {
    return gateway;
  }

  /**
   * Makes the calls, looks for the secret where it must not be, verifies the log, and tells how to
   * connect.
   *
   * @return whether every promise was kept
   */
  public boolean demonstrate() throws IOException, InterruptedException {
    CreatedKey key = freshKey();
    out.println("The gateway listens on " + gateway.url());
    gateway.degraded().forEach(weaker -> out.println("note: " + weaker));
    gateway
        .vaultSlots()
        .forEach(
            slot ->
                out.println(
                    "The vault opens by "
                        + slot.method()
                        + ", bound to: "
                        + (slot.binding().isEmpty()
                            ? "nothing"
                            : String.join(", ", slot.binding()))));
    out.println("A recovery code opens it on another machine: bin/chitin vault add-recovery");
    out.println();
    boolean held;
    try (var needle = new Needle();
        var client = new Client(gateway.url(), key.key())) {
      var demonstration = new Demonstration(client, out);
      demonstration.allowedCall();
      demonstration.refusedCall();
      put(needle);
      demonstration.callWithSecret(server, needle);
      delete();
      demonstration.promise(
          "neither the log nor the vault's files hold it in clear",
          !needle.occursBelow(gateway.settings().home().root()));
      verify(demonstration);
      held = demonstration.held();
    }
    tell(key);
    return held;
  }

  private CreatedKey freshKey() {
    for (KeyRecord old : gateway.keys().list()) {
      if (old.name().equals(KEY_NAME)) {
        gateway.keys().revoke(old.id());
      }
    }
    return gateway
        .keys()
        .keep(gateway.keys().draft(KeySpec.of(KeyRecord.TENANT, KEY_NAME, Role.OPERATOR)));
  }

  private void put(Needle needle) {
    gateway
        .vault()
        .put(
            new PutRequest(SECRET, needle.toSecret(), KeyRecord.TENANT, KEY_NAME),
            Deadline.after(TIMEOUT))
        .await();
  }

  private void delete() {
    gateway
        .vault()
        .delete(new DeleteRequest(SECRET, KeyRecord.TENANT, KEY_NAME), Deadline.after(TIMEOUT))
        .await();
  }

  private void verify(Demonstration demonstration) throws IOException {
    LogVerification log = LogVerifier.verify(gateway.settings().home().audit());
    out.println("4. The audit log: " + log.entries() + " entries, root " + log.root());
    demonstration.promise("the log verifies", log.intact());
  }

  private void tell(CreatedKey key) {
    String url = gateway.url();
    out.println();
    out.println("Connect a client (this key is shown once; chitin key create makes others):");
    out.println("  export CHITIN_KEY=" + key.key());
    out.println("  curl -s -H \"Authorization: Bearer $CHITIN_KEY\" " + url + "/v1/tools");
    out.println(
        "  curl -s -H \"Authorization: Bearer $CHITIN_KEY\" -H 'Content-Type: application/json' \\");
    out.println(
        "    -d '{\"arguments\":{\"argv\":[\"uname\",\"-sr\"]}}' "
            + url
            + "/v1/tools/process_run/calls");
    out.println();
  }

  @Override
  public void close() {
    gateway.stop();
    server.close();
    vertx.close().await();
  }
}
