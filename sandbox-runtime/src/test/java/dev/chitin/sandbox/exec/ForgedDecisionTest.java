package dev.chitin.sandbox.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.alert.AlertEngine;
import dev.chitin.audit.alert.AlertSettings;
import dev.chitin.bus.Bus;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.policy.Decision;
import dev.chitin.policy.DecisionKey;
import dev.chitin.policy.DecisionSigner;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.LocalDecisionVerifier;
import dev.chitin.policy.Mount;
import dev.chitin.policy.PolicyAddresses;
import dev.chitin.policy.PolicyEngineClient;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import dev.chitin.policy.Verdict;
import dev.chitin.sandbox.SandboxAddresses;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolDefinitionReader;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.plan.Planner;
import dev.chitin.sandbox.plan.PlannerSettings;
import dev.chitin.sandbox.plan.World;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A verticle that answers in policy's place on the bus gets nothing run: its decisions are refused
 * by the sandbox, recorded, and raise the alert. Log, sandbox verticle, decisions and alerts are
 * those of the gateway.
 */
class ForgedDecisionTest {
  private static final String NODE = "node-1";

  @TempDir private Path directory = Path.of("/");
  private final Vertx vertx = Vertx.vertx();
  private final Bus bus = Bus.of(vertx);
  private final DecisionKey key = DecisionKey.generate();
  private final DecisionSigner policy = new DecisionSigner(key, NODE);
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicReference<Function<SealedPlan, Decision>> answer =
      new AtomicReference<>(plan -> signed(policy, plan.digest()));
  private DurableAuditLog log;

  private static Decision signed(DecisionSigner signer, Digest plan) {
    return signer.sign(Verdict.allow(List.of("rule")), plan, "policy-1", soon());
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(30));
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Counts instead of running. */
  private final class Counting implements Backend {
    @Override
    public String name() {
      return "verticle";
    }

    @Override
    public Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context) {
      runs.incrementAndGet();
      return Future.succeededFuture(Outcome.exited(0, Bytes.EMPTY, Bytes.EMPTY, null));
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  /** Serves policy's address, as anything on the bus can. */
  private final class Impostor extends VerticleBase {
    @Override
    public Future<?> start() {
      return bus.serveNear(
          PolicyAddresses.DECIDE,
          16,
          (plan, context) -> Future.succeededFuture(answer.get().apply(plan)));
    }
  }

  /** A plan of a verticle's tool asks the machine nothing. */
  private static final class NoWorld implements World {
    @Override
    public Invocation.FileTarget resolve(String canonicalPath) {
      throw new AssertionError(canonicalPath);
    }

    @Override
    public Optional<Invocation.ExecutedFile> executable(String command) {
      throw new AssertionError(command);
    }

    @Override
    public List<String> innerCommands(List<String> argv) {
      throw new AssertionError(argv);
    }

    @Override
    public List<Mount> mounts(ToolDefinition tool) {
      return List.of();
    }

    @Override
    public List<String> hidden(List<Mount> mounts) {
      return List.of();
    }
  }

  @BeforeEach
  void start() throws Exception {
    log = DurableAuditLog.open(AuditSettings.of(directory.resolve("log"), NODE, "0"));
    var executor =
        new Executor(
            ToolRegistry.of(List.of(tool())),
            new PlanFactory(
                new Planner(new PlannerSettings("/home/u", "/home/u/w", NODE, null), new NoWorld()),
                vertx.createSharedWorkerExecutor("planner")),
            new Clearance(
                new PolicyEngineClient(bus),
                new LocalDecisionVerifier(key, NODE),
                log,
                log.receipts(),
                new UnaskedVault().vault()),
            Map.of("verticle", new Counting()),
            CallObserver.NONE);
    get(vertx.deployVerticle(new SandboxVerticle(bus, executor, 16)));
    get(vertx.deployVerticle(new Impostor()));
  }

  @AfterEach
  void stop() throws Exception {
    get(vertx.close());
    log.close();
  }

  private static ToolDefinition tool() throws JsonSyntaxException {
    String json =
        """
        {"name": "ask", "description": "Asks.", "capabilities": {}, "input": {"type": "object"},
         "run": {"verticle": {"address": "test.ask"}}}
        """;
    return ToolDefinitionReader.read(
        StrictJson.parse(json.getBytes(StandardCharsets.UTF_8)), "/tools/0");
  }

  private ToolResult call(String id) throws Exception {
    var caller = new Principal("default", "alice", Set.of());
    JsonValue.Obj none = Obj.EMPTY;
    return get(
        bus.endpoint(SandboxAddresses.EXECUTE, 16)
            .call(new ToolCall(id, caller, null, "ask", none, null), soon()));
  }

  private ChitinException refused(String id) throws Exception {
    try {
      ToolResult ran = call(id);
      throw new AssertionError("it ran: " + ran);
    } catch (ExecutionException e) {
      return ChitinException.from(Objects.requireNonNull(e.getCause()));
    }
  }

  /** What the alerts make of the log. */
  private List<AlertRaised> alerts() {
    var engine = new AlertEngine(AlertSettings.DEFAULT);
    var raised = new ArrayList<AlertRaised>();
    log.reader().read(0, 1_000).forEach(entry -> raised.addAll(engine.observe(entry)));
    return raised;
  }

  private EntryMembers last() {
    LogEntry entry = log.reader().read(0, 1_000).getLast();
    return EntryMembers.of(entry).orElseThrow();
  }

  @Test
  void whatPolicyDecidedRuns() throws Exception {
    assertThat(call("c1").status()).isEqualTo("exit 0");
    assertThat(call("c2").status()).isEqualTo("exit 0");
    assertThat(runs).hasValue(2);
    assertThat(alerts()).isEmpty();
  }

  @Test
  void aForgedDecisionRunsNothingAndIsAnAlert() throws Exception {
    Map<String, Function<SealedPlan, Decision>> forgeries =
        Map.of(
            "decision.mac", plan -> signed(signer(DecisionKey.generate(), NODE), plan.digest()),
            "decision.audience", plan -> signed(signer(key, "node-2"), plan.digest()),
            "decision.plan", plan -> signed(policy, Digest.ofUtf8("another plan")));
    for (Map.Entry<String, Function<SealedPlan, Decision>> forgery : forgeries.entrySet()) {
      answer.set(forgery.getValue());
      ChitinException refusal = refused("call-" + forgery.getKey());
      assertThat(refusal.code()).isEqualTo(ProblemCode.POLICY_DECISION_INVALID);
      assertThat(last().text("phase")).isEqualTo("Denied");
      assertThat(last().text("rule")).isEqualTo(forgery.getKey());
      assertThat(last().text("callId")).isEqualTo("call-" + forgery.getKey());
    }
    assertThat(runs).hasValue(0);
    assertThat(alerts()).extracting(AlertRaised::alert).containsExactly("decision_forged");
  }

  private static DecisionSigner signer(DecisionKey key, String node) {
    return new DecisionSigner(key, node);
  }

  @Test
  void oneDecisionRunsOnce() throws Exception {
    var kept = new ArrayList<Decision>();
    answer.set(
        plan -> {
          if (kept.isEmpty()) {
            kept.add(signed(policy, plan.digest()));
          }
          return kept.getFirst();
        });
    // The same call again, as somebody would send it who kept what policy said to the first.
    assertThat(call("c1").status()).isEqualTo("exit 0");
    assertThat(refused("c1").code()).isEqualTo(ProblemCode.POLICY_DECISION_INVALID);
    // The plans of the two differ where they hold a time; either way nothing runs again.
    assertThat(last().text("rule")).isIn("decision.spent", "decision.plan");
    assertThat(runs).hasValue(1);
    assertThat(alerts()).extracting(AlertRaised::alert).containsExactly("decision_forged");
  }

  @Test
  void anAnswerThatIsNoDecisionRunsNothing() throws Exception {
    vertx
        .eventBus()
        .consumer(PolicyAddresses.DECIDE.name(), message -> message.reply("allow everything"));
    answer.set(
        plan -> {
          throw new IllegalStateException("no decision");
        });
    for (int i = 0; i < 4; i++) {
      refused("c" + i);
    }
    assertThat(runs).hasValue(0);
  }
}
