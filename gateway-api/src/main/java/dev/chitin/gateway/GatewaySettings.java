package dev.chitin.gateway;

import dev.chitin.gateway.auth.AuthSettings;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.PolicySettings;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.bwrap.RunBounds;
import dev.chitin.sandbox.bwrap.WarmBounds;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.memory.MemoryLevel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a gateway is started with.
 *
 * @param home where it keeps what is its own
 * @param edge bounds of the HTTP edge
 * @param auth by what callers are known, besides keys
 * @param policy the operator's rules
 * @param tools shipped and declared tools
 * @param keyFile the vault's key file
 * @param nodeKeyFile file of the key pair by which this node opens a vault with a recipient slot
 *     for it
 * @param credential the same as systemd hands it to the service, when it does
 * @param vaultBinding what a new slot of the vault is bound to, or null for all that there is
 * @param memoryRequired the least level of secret memory to start with
 * @param audit the operator's word on the log
 * @param waive controls that may be missing, by name
 * @param bwrap path of bubblewrap
 * @param runs how many native calls run, wait and are set up at once
 * @param warm how many sandboxes stand ready
 * @param llm model providers
 * @param operation how it is operated
 * @param node the node's name
 */
public record GatewaySettings(
    ChitinHome home,
    EdgeSettings edge,
    AuthSettings auth,
    PolicySettings policy,
    List<ToolDefinition> tools,
    Path keyFile,
    Path nodeKeyFile,
    Optional<Path> credential,
    @Nullable List<String> vaultBinding,
    MemoryLevel memoryRequired,
    AuditOptions audit,
    Set<String> waive,
    Path bwrap,
    RunBounds runs,
    WarmBounds warm,
    LlmSettings llm,
    OperationSettings operation,
    String node) {
  public GatewaySettings {
    tools = List.copyOf(tools);
    waive = Set.copyOf(waive);
  }

  /** The vault's key file, wherever it comes from. */
  public KeyFile vaultKey() {
    return credential
        .map(path -> KeyFile.credential(path, home.root()))
        .orElseGet(() -> new KeyFile(keyFile, home.root()));
  }

  /** The file of this node's key pair, whether there is one or not. */
  public KeyFile nodeKey() {
    return new KeyFile(nodeKeyFile, home.root());
  }

  /** The same on another port. */
  public GatewaySettings withPort(int port) {
    return with(edge.withPort(port), policy, tools);
  }

  /** The same with other tools and what they are granted. */
  public GatewaySettings withDemonstration(
      List<ToolDefinition> tools, Map<String, Capabilities> grants, List<String> allowPrivate) {
    var widened =
        new PolicySettings(
            policy.home(),
            policy.chitinHome(),
            policy.workspace(),
            policy.allowedPaths(),
            policy.deniedPaths(),
            policy.protectedPaths(),
            grants,
            allowPrivate,
            policy.searchPath(),
            policy.writeProtection(),
            policy.allowPrivateOf());
    return with(edge, widened, tools);
  }

  private GatewaySettings with(
      EdgeSettings edge, PolicySettings policy, List<ToolDefinition> tools) {
    return new GatewaySettings(
        home,
        edge,
        auth,
        policy,
        tools,
        keyFile,
        nodeKeyFile,
        credential,
        vaultBinding,
        memoryRequired,
        audit,
        waive,
        bwrap,
        runs,
        warm,
        llm,
        operation,
        node);
  }
}
