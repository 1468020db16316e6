package dev.chitin.gateway;

import dev.chitin.gateway.auth.AuthSettings;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.PolicySettings;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.bwrap.RunBounds;
import dev.chitin.sandbox.bwrap.WarmBounds;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
 * @param auditOrigin the log's name, or null for the default
 * @param auditAppendMillis longest wait for a durable record
 * @param auditSegmentBytes size of one segment
 * @param waive controls that may be missing, by name
 * @param bwrap path of bubblewrap
 * @param runs how many native calls run, wait and are set up at once
 * @param warm how many sandboxes stand ready
 * @param node the node's name
 */
public record GatewaySettings(
    ChitinHome home,
    EdgeSettings edge,
    AuthSettings auth,
    PolicySettings policy,
    List<ToolDefinition> tools,
    Path keyFile,
    @Nullable String auditOrigin,
    long auditAppendMillis,
    long auditSegmentBytes,
    Set<String> waive,
    Path bwrap,
    RunBounds runs,
    WarmBounds warm,
    String node) {
  public GatewaySettings {
    tools = List.copyOf(tools);
    waive = Set.copyOf(waive);
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
            policy.writeProtection());
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
        auditOrigin,
        auditAppendMillis,
        auditSegmentBytes,
        waive,
        bwrap,
        runs,
        warm,
        node);
  }
}
