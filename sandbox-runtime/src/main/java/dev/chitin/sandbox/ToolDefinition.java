package dev.chitin.sandbox;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Limits;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One tool as its operator declared it.
 *
 * @param name {@code [A-Za-z0-9_.-]{1,64}}
 * @param description for people and models
 * @param capabilities what it says it needs
 * @param input JSON Schema 2020-12 of its arguments
 * @param output JSON Schema 2020-12 of its structured output, or null
 * @param run what runs
 * @param credentials secrets put into its requests
 * @param limits what a run may use
 * @param digest over the canonical form of all the above
 */
public record ToolDefinition(
    String name,
    String description,
    Capabilities capabilities,
    JsonValue.Obj input,
    JsonValue.@Nullable Obj output,
    Run run,
    List<CredentialRef> credentials,
    Limits limits,
    Digest digest) {

  public ToolDefinition {
    credentials = List.copyOf(credentials);
  }

  /** The same with other limits; its digest stays, since plans hold limits beside it. */
  public ToolDefinition withLimits(Limits limits) {
    return new ToolDefinition(
        name, description, capabilities, input, output, run, credentials, limits, digest);
  }

  /**
   * What runs. Only the shipped tools use {@link FileOperation}, {@link Fetch} and {@link Argv}.
   */
  public sealed interface Run {

    /**
     * A native process: {@code process{argv}}.
     *
     * @param argv template; {@code ${input.name}} fills one element and never makes two
     * @param env environment by name, values from the definition alone
     * @param outputs files that the gateway reads back when the process has ended
     */
    record NativeProcess(List<String> argv, Map<String, String> env, List<DeclaredOutput> outputs)
        implements Run {
      public NativeProcess {
        outputs = List.copyOf(outputs);
        argv = List.copyOf(argv);
        env = Map.copyOf(env);
      }
    }

    /**
     * One HTTP request: {@code http{method, url, headers, body}}.
     *
     * @param method upper case
     * @param url template of an absolute URL; {@code ${input.name}} is percent-encoded into a path
     *     segment or a query value
     * @param headers by lower-case name, values may be templates
     * @param body argument whose value is the body, or null
     */
    record HttpRequest(
        String method, String url, Map<String, String> headers, @Nullable String body)
        implements Run {
      public HttpRequest {
        headers = Map.copyOf(headers);
      }
    }

    /** A verticle of an extension or of the gateway: {@code verticle{address}}. */
    record VerticleCall(String address) implements Run {}

    /** A shipped file tool: {@code read}, {@code write}, {@code list} or {@code search}. */
    record FileOperation(String operation) implements Run {}

    /** The shipped {@code http_fetch}: the caller gives the request. */
    record Fetch() implements Run {}

    /** The shipped {@code process_run}: the caller gives the argv. */
    record Argv() implements Run {}
  }
}
