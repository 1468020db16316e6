package dev.chitin.gateway.config;

import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.Document;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Named;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;
import dev.chitin.vault.memory.MemoryLevel;
import dev.chitin.vault.unlock.Device;
import java.util.Arrays;

/**
 * Every key that {@code chitin.json5} may hold, listed once; the larger sections have classes of
 * their own.
 */
final class ConfigKeys {
  private static final Spec TEXT = new Text();
  private static final Spec TEXTS = new ListOf(TEXT);

  /** The whole document. */
  static final Section ROOT =
      Section.of(
          Spec.Key.of(
              "workspace",
              "Which files tools may see.",
              Section.of(
                  Spec.Key.of("path", "The workspace; default $CHITIN_HOME/workspace.", TEXT),
                  Spec.Key.of("allowed_paths", "Further directories that tools may see.", TEXTS),
                  Spec.Key.of(
                      "denied_paths", "Paths that no tool may touch; wins always.", TEXTS))),
          Spec.Key.of("gateway", "The HTTP edge.", EdgeKeys.SECTION),
          Spec.Key.of("auth", "By what callers are known, besides gateway keys.", AuthKeys.SECTION),
          Spec.Key.of("tools", "The operator's own tools.", new ListOf(ToolKeys.TOOL)),
          Spec.Key.of(
              "policy",
              "Who may do what.",
              Section.of(
                  Spec.Key.of(
                      "grants",
                      "Capabilities by tool name; a tool's own declaration is its default. A name is"
                          + " that of a tool, or llm.anthropic or llm.openai.",
                      new Named(ToolKeys.CAPABILITIES)),
                  Spec.Key.notBuilt("cedar", "Files of Cedar policies.", TEXTS))),
          Spec.Key.of(
              "vault",
              "The store of secrets.",
              Section.of(
                  Spec.Key.of(
                      "key_file", "File of the 32 byte key, outside of $CHITIN_HOME.", TEXT),
                  Spec.Key.of(
                      "recipient_key",
                      "File of this node's own key pair, outside of $CHITIN_HOME; default node.key"
                          + " beside the key file. chitin vault node-key makes it.",
                      TEXT),
                  Spec.Key.of(
                      "binding",
                      "What a new slot of the vault is bound to; default all that there is.",
                      new ListOf(new Choice(Device.COMPONENTS))),
                  Spec.Key.of(
                      "memory_required",
                      "Least level of memory for secrets to start with; default locked.",
                      new Choice(
                          Arrays.stream(MemoryLevel.values())
                              .map(MemoryLevel::toString)
                              .toList())))),
          Spec.Key.of("audit", "The tamper-evident log.", AuditKeys.SECTION),
          Spec.Key.of("sandbox", "How native tools are isolated.", SandboxKeys.SECTION),
          Spec.Key.of(
              "egress",
              "Where requests may go.",
              Section.of(
                  Spec.Key.of(
                      "allow_private",
                      "Private destinations that may be reached: address:port, or a range of at least"
                          + " /8 (/7 for IPv6). What it opens of loopback and 10.0.0.1, doctor shows"
                          + " as degraded.",
                      TEXTS))),
          Spec.Key.of(
              "providers",
              "Model providers that clients reach through the gateway.",
              ProviderKeys.SECTION),
          Spec.Key.of(
              "telemetry",
              "What the gateway tells of itself to others.",
              Section.of(
                  Spec.Key.of(
                      "otlp",
                      "Where traces go (OpenTelemetry); without it none are made.",
                      Section.of(
                          Spec.Key.required(
                              "endpoint",
                              "Base URL of an OTLP/HTTP receiver: https, or http on loopback.",
                              TEXT),
                          Spec.Key.of(
                              "sample_percent",
                              "Of requests that are traced; default 100.",
                              new Whole(0, 100)))))),
          Spec.Key.notBuilt("cluster", "Several nodes.", new Document()),
          Spec.Key.notBuilt(
              "extensions", "Jars that extend the gateway.", new ListOf(new Document())));

  private ConfigKeys() {}
}
