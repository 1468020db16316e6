package dev.chitin.gateway.quickstart;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/** Makes the quickstart's calls and holds each answer against what the controls promise. */
final class Demonstration {
  /** The declared tool that carries the demonstration's secret. */
  static final String TOOL = "quickstart_whoami";

  private final Client client;
  private final PrintStream out;
  private boolean held = true;

  Demonstration(Client client, PrintStream out) {
    this.client = client;
    this.out = out;
  }

  /** Whether every promise was kept so far. */
  boolean held() {
    return held;
  }

  void allowedCall() throws IOException, InterruptedException {
    out.println("1. An allowed call: process_run [\"echo\", \"hello from the sandbox\"]");
    Client.Answer answer =
        client.call("process_run", argv(List.of("echo", "hello from the sandbox")));
    out.println(
        "   "
            + answer.status()
            + " "
            + answer.text("status")
            + ": "
            + answer.text("stdout").strip());
    promise(
        "the program ran and its output came back",
        answer.status() == 200 && answer.text("stdout").equals("hello from the sandbox\n"));
  }

  void refusedCall() throws IOException, InterruptedException {
    out.println("2. A refused call: fs_read ~/.ssh/id_rsa");
    Client.Answer answer =
        client.call("fs_read", JsonValue.object().put("path", "~/.ssh/id_rsa").build());
    out.println("   " + answer.status() + " " + answer.text("code") + ": " + answer.text("detail"));
    out.println("   rule: " + answer.text("rule"));
    out.println("   hint: " + answer.text("hint"));
    promise(
        "it was refused with its rule",
        answer.status() == 403 && !answer.text("rule").isEmpty() && !answer.text("hint").isEmpty());
  }

  void callWithSecret(DemoServer server, Needle secret) throws IOException, InterruptedException {
    out.println("3. A call with a credential: " + TOOL + ", which needs a bearer token");
    Client.Answer answer = client.call(TOOL, JsonValue.Obj.EMPTY);
    JsonValue output = answer.body().get("output");
    out.println(
        "   "
            + answer.status()
            + " "
            + answer.text("status")
            + ": "
            + (output instanceof JsonValue.Obj object
                ? Text.of(object, "body")
                : answer.text("detail")));
    promise(
        "the server got a token with the right SHA-256",
        server.received().filter(secret.digest()::equals).isPresent());
    promise("the answer does not hold the token", !secret.occursIn(answer.raw().borrow()));
    Client.Answer env = client.call("process_run", argv(List.of("env")));
    promise(
        "the environment of a sandboxed env does not hold it",
        env.status() == 200
            && !secret.occursIn(env.raw().borrow())
            && !env.text("stdout").isEmpty());
  }

  /** Says whether a promise was kept. */
  void promise(String what, boolean kept) {
    out.println("   " + (kept ? "ok" : "FAILED") + ": " + what);
    held &= kept;
  }

  private static JsonValue.Obj argv(List<String> argv) {
    return JsonValue.object().put("argv", argv).build();
  }

  /** Members of a document as text. */
  private static final class Text {
    static String of(JsonValue.Obj object, String name) {
      JsonValue value = object.get(name);
      return value instanceof JsonValue.Str text
          ? text.value()
          : value == null ? "" : CanonicalJson.string(value);
    }
  }
}
