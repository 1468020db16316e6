package dev.chitin.gateway.config;

import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.Document;
import dev.chitin.gateway.config.Spec.Flag;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Named;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Limits;
import java.util.Arrays;
import java.util.List;

/** The keys of a tool, and of what it may do and use. */
final class ToolKeys {
  private static final Spec TEXT = new Text();
  private static final Spec TEXTS = new ListOf(TEXT);

  /** What a tool needs, or is granted. */
  static final Section CAPABILITIES =
      Section.of(
          Spec.Key.of("FileRead", "Paths that may be read.", paths()),
          Spec.Key.of("FileWrite", "Paths that may be written.", paths()),
          Spec.Key.of(
              "NetworkAccess",
              "Hosts that may be reached.",
              Section.of(
                  Spec.Key.of(
                      "hosts", "host[:port], *.suffix[:port] or **.suffix[:port].", TEXTS))),
          Spec.Key.of(
              "ProcessExec",
              "Programs that may be started.",
              Section.of(Spec.Key.of("commands", "Absolute paths or bare names.", TEXTS))));

  /** What one run may use. */
  static final Section LIMITS =
      Section.of(
          Arrays.stream(Limits.Member.values())
              .map(
                  limit ->
                      Spec.Key.of(
                          limit.key(), limit.description(), new Whole(limit.least(), limit.most())))
              .toArray(Spec.Key[]::new));

  private static final Section OUTPUT =
      Section.of(
          Spec.Key.required("path", "Relative to $CHITIN_OUT, plain.", TEXT),
          Spec.Key.of(
              "max_bytes", "Most bytes; default 1 MiB.", new Whole(1, DeclaredOutput.MOST_BYTES)),
          Spec.Key.of(
              "required", "Whether a run without it has failed; default true.", new Flag()));

  /** One tool of the operator's own. */
  static final Section TOOL =
      Section.of(
          Spec.Key.required("name", "Letters, digits, dot, underscore, hyphen; at most 64.", TEXT),
          Spec.Key.required("description", "What it does, for people and models.", TEXT),
          Spec.Key.of("capabilities", "What it needs.", CAPABILITIES),
          Spec.Key.of("input", "JSON Schema 2020-12 of its arguments.", new Document()),
          Spec.Key.of("output", "JSON Schema 2020-12 of its structured output.", new Document()),
          Spec.Key.required(
              "run",
              "What runs: exactly one of the members.",
              Section.of(
                  Spec.Key.of(
                      "process",
                      "A native process in the sandbox. It starts in the workspace if its FileRead or"
                          + " FileWrite shows that, else in an empty directory of the sandbox (/tmp).",
                      Section.of(
                          Spec.Key.required(
                              "argv", "Argument template; ${input.name} fills one.", TEXTS),
                          Spec.Key.of("env", "Environment by name.", new Named(TEXT)),
                          Spec.Key.of(
                              "outputs",
                              "Files that it leaves below $CHITIN_OUT, by name; at most 16.",
                              new Named(OUTPUT)))),
                  Spec.Key.of(
                      "http",
                      "One HTTP request from the gateway.",
                      Section.of(
                          Spec.Key.required(
                              "method", "GET, HEAD, POST, PUT, PATCH or DELETE.", TEXT),
                          Spec.Key.required("url", "Template of an absolute URL.", TEXT),
                          Spec.Key.of("headers", "Header fields by name.", new Named(TEXT)),
                          Spec.Key.of("body", "The argument that is the body.", TEXT))),
                  Spec.Key.of(
                      "verticle",
                      "A verticle of an extension.",
                      Section.of(Spec.Key.required("address", "Its bus address.", TEXT))),
                  Spec.Key.notBuilt("wasm", "A WebAssembly module.", new Document()),
                  Spec.Key.notBuilt("mcp", "A tool of an MCP server.", new Document()))),
          Spec.Key.of(
              "credentials",
              "Secrets that are put into its requests.",
              new ListOf(
                  Section.of(
                      Spec.Key.required("name", "The secret's name in the vault.", TEXT),
                      Spec.Key.of(
                          "scheme",
                          "https, or http for a loopback host.",
                          new Choice(List.of("https", "http"))),
                      Spec.Key.required("host", "The one host that gets it.", TEXT),
                      Spec.Key.of("port", "Its port.", new Whole(1, 65_535)),
                      Spec.Key.required("header", "The header field that carries it.", TEXT),
                      Spec.Key.of(
                          "format", "How it is written.", new Choice(List.of("raw", "bearer")))))),
          Spec.Key.of("limits", "What one run may use.", LIMITS));

  private ToolKeys() {}

  private static Section paths() {
    return Section.of(Spec.Key.of("paths", "A file, a directory, dir/* or dir/**.", TEXTS));
  }
}
