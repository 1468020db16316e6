package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.Console;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shows one call to a person: the tool's output as it comes, and at the end how it ended. On a
 * terminal a line counts the seconds in which nothing comes; there nothing that the tool says can
 * steer the terminal. Elsewhere output that is not text passes byte for byte.
 */
final class CallDisplay implements AutoCloseable {
  private static final long TICK_MILLIS = 1_000;
  private static final List<String> STREAMS = List.of("stdout", "stderr");
  private static final String ERASE = "\r\u001b[K";

  private final PrintStream out;
  private final PrintStream err;
  private final boolean terminal;
  private final long begun = System.nanoTime();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("call-clock").factory());
  private final Set<String> streamed = new HashSet<>();
  private boolean counting;
  private boolean over;
  private JsonValue.@Nullable Obj result;
  private @Nullable Problem problem;

  /**
   * @param terminal whether a person looks
   * @param tickMillis how often the seconds are shown
   */
  CallDisplay(PrintStream out, PrintStream err, boolean terminal, long tickMillis) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
    if (terminal) {
      var _ = clock.scheduleAtFixedRate(this::count, tickMillis, tickMillis, TimeUnit.MILLISECONDS);
    }
  }

  // The console of java.base, the JDK's default again, is null where there is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  static CallDisplay on(Session session) {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    return new CallDisplay(session.out(), session.err(), terminal, TICK_MILLIS);
  }

  /** Takes one event of the call's stream; true while more is wanted: none after the end. */
  synchronized boolean take(AdminClient.ServerEvent event) {
    erase();
    JsonValue.Obj data = parse(event.data());
    switch (event.name()) {
      case "stdout", "stderr" -> {
        streamed.add(event.name());
        piece(event.name(), text(data, "data"), text(data, "encoding"));
      }
      case "result" -> result = data;
      case "error" -> problem = new AdminClient.Answer(500, data).problem();
      default -> {
        // started, and what later gateways may add.
      }
    }
    return result == null && problem == null;
  }

  private void piece(String stream, String text, String encoding) {
    PrintStream to = stream.equals("stdout") ? out : err;
    if (encoding.isEmpty()) {
      to.print(Texts.printable(text, true));
    } else if (terminal) {
      to.println("[" + Base64.getDecoder().decode(text).length + " bytes that are not text]");
    } else {
      to.writeBytes(Base64.getDecoder().decode(text));
    }
    to.flush();
  }

  private static String text(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Str text ? text.value() : "";
  }

  private synchronized void count() {
    if (over) {
      return;
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
    err.print(ERASE + "running, " + seconds + " s (Ctrl-C cancels)");
    err.flush();
    counting = true;
  }

  private void erase() {
    if (counting) {
      err.print(ERASE);
      counting = false;
    }
  }

  /**
   * Says how the call ended.
   *
   * @return the result
   * @throws dev.chitin.bus.ChitinException with why there is none
   */
  synchronized JsonValue.Obj end() {
    over = true;
    erase();
    if (problem != null) {
      throw problem.toException();
    }
    JsonValue.Obj ended = result;
    if (ended == null) {
      throw AdminClient.brokenOff().toException();
    }
    for (String stream : STREAMS) {
      // Tools that are no processes say at their end what they have to say.
      if (!streamed.contains(stream)) {
        piece(stream, text(ended, stream), text(ended, stream + "Encoding"));
      }
    }
    for (String member : new String[] {"output", "files"}) {
      if (ended.get(member) instanceof JsonValue.Obj shown) {
        out.println(CanonicalJson.inOrder(shown));
      }
    }
    out.flush();
    err.println(
        Texts.of(ended, "status")
            + (ended.get("cancelReason") == null ? "" : ": " + Texts.of(ended, "cancelReason"))
            + ", "
            + Texts.of(ended, "durationMs")
            + " ms, audit "
            + Texts.of(ended, "audit"));
    return ended;
  }

  private static JsonValue.Obj parse(String data) {
    try {
      return StrictJson.parse(data.getBytes(StandardCharsets.UTF_8)) instanceof JsonValue.Obj object
          ? object
          : JsonValue.Obj.EMPTY;
    } catch (JsonSyntaxException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The gateway sent what is not JSON.").toException(e);
    }
  }

  @Override
  public synchronized void close() {
    over = true;
    erase();
    clock.shutdownNow();
  }
}
