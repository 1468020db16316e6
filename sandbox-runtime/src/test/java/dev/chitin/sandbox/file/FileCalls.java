package dev.chitin.sandbox.file;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A file backend and its calls, planned by the resolver over one root. */
final class FileCalls implements AutoCloseable {
  final Vertx vertx = Vertx.vertx();
  final FileBackend backend;
  final PathResolver resolver = new PathResolver();
  final Path root;

  FileCalls(Path root) {
    this.root = root;
    this.backend =
        new FileBackend(vertx, path -> !path.endsWith("/denied") && !path.endsWith("/.env"));
  }

  Invocation.FileTarget target(String path) {
    return resolver.resolve(path, List.of(root.toString()));
  }

  static PreparedCall call(
      String operation, Invocation.FileTarget target, JsonValue.Obj input, long wallMillis) {
    Limits limits = Limits.DEFAULT.with(Limits.Member.WALL_MS, wallMillis);
    var plan =
        new ExecutionPlan(
            "call",
            new Principal("t", "p", Set.of()),
            null,
            "fs_" + operation,
            Digest.ofUtf8("definition"),
            Capabilities.NONE,
            FileBackend.NAME,
            new Invocation.FileAccess(operation, target),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            limits,
            Digest.of(CanonicalJson.bytes(input)),
            Labels.UNATTRIBUTED,
            null,
            0,
            1,
            "node");
    return new PreparedCall(SealedPlan.seal(plan), input, Map.of(), Bytes.EMPTY, List.of());
  }

  Future<Outcome> start(PreparedCall call) {
    return backend.run(
        call, OutputSink.NONE, new CallContext(Deadline.after(Duration.ofSeconds(30))));
  }

  Outcome run(String operation, Invocation.FileTarget target, JsonValue.Obj input) {
    return await(start(call(operation, target, input, 20_000)));
  }

  Outcome run(String operation, Path path, JsonValue.Builder input) {
    return run(operation, target(path.toString()), input.put("path", path.toString()).build());
  }

  Outcome read(Path path) {
    return run("read", path, JsonValue.object());
  }

  Outcome write(Path path, String content) {
    return run("write", path, JsonValue.object().put("content", content));
  }

  static String field(Outcome outcome, String name) {
    JsonValue value = outcome.output() instanceof JsonValue.Obj object ? object.get(name) : null;
    return switch (value) {
      case null -> "";
      case JsonValue.Str text -> text.value();
      default -> CanonicalJson.string(value);
    };
  }

  static String reason(Outcome outcome) {
    return new String(outcome.stderr().borrow(), StandardCharsets.UTF_8).strip();
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException refusal) {
        throw refusal;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }

  @Override
  public void close() {
    await(backend.close());
    await(vertx.close());
  }
}
