package dev.chitin.gateway.cli;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin tool}: the tools of the running gateway. */
@Command(name = "tool", description = "List, describe and call the running gateway's tools.")
final class ToolCommand {
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,64}");

  private static final int MOST_INPUT = 64 << 20;

  private static final String LISTS = "chitin tool list shows the tools.";

  private final Session session;

  ToolCommand(Session session) {
    this.session = session;
  }

  @Command(name = "list", description = "List the tools.")
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj tools = call(HttpMethod.GET, "/v1/tools", Buffer.buffer());
    if (json) {
      session.print(tools);
      return ExitCode.OK.value();
    }
    List<JsonValue> items =
        tools.get("tools") instanceof JsonValue.Arr list ? list.items() : List.of();
    for (JsonValue item : items) {
      if (item instanceof JsonValue.Obj tool) {
        session.out().printf("%-20s %s%n", Texts.of(tool, "name"), Texts.of(tool, "description"));
      }
    }
    return ExitCode.OK.value();
  }

  @Command(name = "describe", description = "Show a tool with its schema and capabilities.")
  int describe(
      @Parameters(paramLabel = "NAME", description = "The tool's name.") String name,
      @Option(names = "--json", description = "Print JSON (it always does).") boolean json) {
    session.print(call(HttpMethod.GET, "/v1/tools/" + checked(name), Buffer.buffer()));
    return ExitCode.OK.value();
  }

  @Command(name = "call", description = "Call a tool.")
  int call(
      @Parameters(index = "0", paramLabel = "NAME", description = "The tool's name.") String name,
      @Parameters(
              index = "1",
              arity = "0..1",
              paramLabel = "ARGUMENTS",
              description = "JSON object, - to read it from standard input; default {}.")
          @Nullable String arguments,
      @Option(names = "--json", description = "Print the whole result.") boolean json)
      throws IOException {
    JsonValue.Obj body = JsonValue.object().put("arguments", parse(bytes(arguments))).build();
    String path = "/v1/tools/" + checked(name) + "/calls";
    Buffer request = Buffer.buffer(CanonicalJson.bytes(body));
    JsonValue.Obj result = json ? call(HttpMethod.POST, path, request) : watch(path, request);
    if (json) {
      session.print(result);
    }
    return (result.get("succeeded") instanceof JsonValue.Bool succeeded && succeeded.value()
            ? ExitCode.OK
            : ExitCode.TOOL_FAILED)
        .value();
  }

  /** Calls and shows what the tool says as it says it; who leaves cancels the call. */
  private JsonValue.Obj watch(String path, Buffer request) {
    try (AdminClient client = client();
        var display = CallDisplay.on(session)) {
      client.events(HttpMethod.POST, path, request, display::take);
      return display.end();
    } catch (ChitinException e) {
      throw inWordsOfTheCommandLine(e);
    }
  }

  /** An argument is in everybody's list of processes, and bounded; standard input is neither. */
  private static byte[] bytes(@Nullable String arguments) throws IOException {
    if (!"-".equals(arguments)) {
      return (arguments == null ? "{}" : arguments).getBytes(StandardCharsets.UTF_8);
    }
    byte[] read = System.in.readNBytes(MOST_INPUT + 1);
    if (read.length > MOST_INPUT) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED,
              "Standard input has more than " + MOST_INPUT + " bytes of arguments.")
          .toException();
    }
    return read;
  }

  private static JsonValue parse(byte[] arguments) {
    try {
      return StrictJson.parse(arguments);
    } catch (JsonSyntaxException e) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED,
              "The arguments cannot be read: " + e.getMessage() + ".")
          .withHint("Give one JSON object, {\"path\":\"notes.txt\"} say.")
          .toException();
    }
  }

  private static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw Problem.of(ProblemCode.TOOL_UNKNOWN, "There is no tool of that name, and can be none.")
          .withHint("A name is of letters, digits, _ . and -; " + LISTS)
          .toException();
    }
    return name;
  }

  private JsonValue.Obj call(HttpMethod method, String path, Buffer body) {
    try (AdminClient client = client()) {
      return client.call(method, path, "application/json", body);
    } catch (ChitinException e) {
      throw inWordsOfTheCommandLine(e);
    }
  }

  /** The gateway's hints name its routes. */
  private static ChitinException inWordsOfTheCommandLine(ChitinException said) {
    String hint =
        switch (said.code()) {
          case TOOL_UNKNOWN -> LISTS;
          case REQUEST_ARGUMENTS_INVALID -> "chitin tool describe NAME shows the schema.";
          default -> null;
        };
    return hint == null ? said : said.problem().withHint(hint).toException(said);
  }

  private AdminClient client() {
    return session.gateway("Start it with chitin serve, or set CHITIN_HOME to the one that runs.");
  }
}
