package dev.chitin.gateway.config;

import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;
import java.util.ArrayList;
import java.util.List;

/** The keys of {@code providers}. */
final class ProviderKeys {
  private static final Spec OPENAI_FIELDS =
      new ListOf(new Choice(List.of("openai-organization", "openai-project", "openai-beta")));

  private static final Section TOOL_LOOP =
      Section.of(
          Spec.Key.of("tools", "Names of the tools.", new ListOf(new Text())),
          Spec.Key.of(
              "max_turns",
              "Most requests to the provider for one of a client; default 8.",
              new Whole(1, 64)),
          Spec.Key.of(
              "max_calls_per_turn",
              "Most calls that one turn of a model may make; default 16.",
              new Whole(1, 128)),
          Spec.Key.of(
              "max_bytes",
              "Bytes of all answers and results together; default 4194304.",
              new Whole(1_024, 64 << 20)),
          Spec.Key.of(
              "result_bytes",
              "Bytes of one result, cut there; default 65536.",
              new Whole(256, 8 << 20)),
          Spec.Key.of(
              "timeout_ms", "Longest loop in all; default 600000.", new Whole(100, 3_600_000)));

  /** What every provider has beside its address. */
  private static final List<Spec.Key> COMMON =
      List.of(
          Spec.Key.required(
              "credential",
              "Name of the secret that the provider knows, which has 12 bytes at least.",
              new Text()),
          Spec.Key.of(
              "max_tokens",
              "Most tokens that one request may ask for; default 32000. A request to OpenAI that names"
                  + " no number has the model's own.",
              new Whole(1, 100_000_000)),
          Spec.Key.of(
              "models",
              "Models that may be asked for, name* for any that begin so; default all.",
              new ListOf(new Text())),
          Spec.Key.of(
              "tokens_per_day",
              "Tokens of one principal in a day (UTC); default any number. What a provider does not"
                  + " report counts as estimated.",
              new Whole(1, 1L << 50)),
          Spec.Key.of(
              "first_byte_ms",
              "Longest wait for it to take more of a request, and then for its answer to begin;"
                  + " default 60000.",
              new Whole(100, 120_000)),
          Spec.Key.of(
              "idle_ms",
              "Longest silence within an answer; default 120000.",
              new Whole(100, 120_000)),
          Spec.Key.of(
              "timeout_ms", "Longest exchange in all; default 600000.", new Whole(100, 3_600_000)),
          Spec.Key.of(
              "ca",
              "PEM file of the authorities that alone vouch for it; default the platform's.",
              new Text()),
          Spec.Key.of(
              "tool_loop",
              "Tools of the gateway for its models, for clients that ask with"
                  + " Chitin-Tool-Loop: on; default none.",
              TOOL_LOOP));

  static final Section SECTION =
      Section.of(
          Spec.Key.of(
              "anthropic",
              "Speaks the Messages API.",
              provider("default https://api.anthropic.com")),
          Spec.Key.of(
              "openai",
              "Speaks Chat Completions and Responses.",
              provider(
                  "default https://api.openai.com/v1",
                  Spec.Key.of(
                      "forward_headers",
                      "Header fields of clients that go on as well.",
                      OPENAI_FIELDS))));

  private ProviderKeys() {}

  private static Section provider(String address, Spec.Key... own) {
    List<Spec.Key> keys = new ArrayList<>();
    keys.add(
        Spec.Key.of(
            "base_url",
            "https, or http to an address of loopback; with or without /v1; " + address + ".",
            new Text()));
    keys.addAll(COMMON);
    keys.addAll(List.of(own));
    return Section.of(keys.toArray(Spec.Key[]::new));
  }
}
