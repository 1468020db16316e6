package dev.chitin.gateway;

import dev.chitin.bus.Bus;
import dev.chitin.policy.DecisionKey;
import dev.chitin.policy.DecisionSigner;
import dev.chitin.policy.Executables;
import dev.chitin.policy.Judgement;
import dev.chitin.policy.LocalDecisionVerifier;
import dev.chitin.policy.LocalPolicyEngine;
import dev.chitin.policy.PathRules;
import dev.chitin.policy.PolicyEngineClient;
import dev.chitin.policy.PolicySnapshot;
import dev.chitin.policy.PolicyVerticle;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolExecutorClient;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.bwrap.BwrapBackend;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import dev.chitin.sandbox.exec.CallObserver;
import dev.chitin.sandbox.exec.Clearance;
import dev.chitin.sandbox.exec.Executor;
import dev.chitin.sandbox.exec.PlanFactory;
import dev.chitin.sandbox.exec.SandboxVerticle;
import dev.chitin.sandbox.file.FileBackend;
import dev.chitin.sandbox.http.AddressPinning;
import dev.chitin.sandbox.http.HttpBackend;
import dev.chitin.sandbox.plan.Planner;
import dev.chitin.sandbox.plan.PlannerSettings;
import dev.chitin.sandbox.verticle.EchoVerticle;
import dev.chitin.sandbox.verticle.VerticleBackend;
import io.vertx.core.Deployable;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Policy and sandbox, wired: everything between the edge and the log. */
final class Station implements AutoCloseable {
  private static final int PLANNERS = 4;
  private static final int RESOLVERS = 4;

  private final OpenParts started = new OpenParts();
  private final ToolRegistry registry;
  private final ToolExecutor executor;
  private final PolicySnapshot snapshot;
  private final BwrapBackend bwrap;
  private final AddressPinning pinning;
  private final OwnListener listener = new OwnListener();
  private final Clearance clearance;
  private final WorkerExecutor resolvers;

  private Station(Foundation foundation, GatewaySettings settings, CallObserver observer) {
    Vertx vertx = foundation.vertx();
    Bus bus = foundation.bus();
    registry = ToolRegistry.of(settings.tools());
    var executables = new Executables(settings.policy().searchPath());
    snapshot =
        PolicySnapshot.compile(settings.policy(), executables, Judgement.PERMIT_WITHIN_CEILING);
    DecisionKey key = DecisionKey.generate();
    var policy = new LocalPolicyEngine(vertx, snapshot, new DecisionSigner(key, settings.node()));
    deploy(vertx, () -> new PolicyVerticle(bus, policy));

    WorkerExecutor planners =
        vertx.createSharedWorkerExecutor("chitin-planner", PLANNERS, 30, TimeUnit.SECONDS);
    started.add(() -> planners.close().await());
    resolvers =
        vertx.createSharedWorkerExecutor("chitin-resolver", RESOLVERS, 30, TimeUnit.SECONDS);
    started.add(() -> resolvers.close().await());
    bwrap = BwrapBackend.start(vertx, sandboxSettings(settings));
    started.add(() -> bwrap.close().await());

    Map<String, Backend> backends = new HashMap<>();
    pinning = new AddressPinning(snapshot.addresses(), listener, resolvers);
    add(backends, new FileBackend(vertx, this::readable));
    add(
        backends,
        new HttpBackend(vertx, registry, pinning, foundation.redeemer(), foundation.audit()));
    add(backends, new VerticleBackend(bus, addresses(settings.tools())));
    backends.put(bwrap.name(), bwrap);
    deploy(vertx, () -> new EchoVerticle(bus));

    var planner =
        new Planner(
            new PlannerSettings(
                settings.policy().home(), workspace(), settings.node(), bwrap.backendProfile()),
            new Machine(policy::snapshot, executables));
    var decisions = new LocalDecisionVerifier(key, settings.node());
    clearance =
        new Clearance(
            new PolicyEngineClient(bus),
            decisions,
            foundation.audit(),
            foundation.log().receipts(),
            foundation.vault());
    var executes =
        new Executor(registry, new PlanFactory(planner, planners), clearance, backends, observer);
    int most = settings.edge().bounds().calls();
    deploy(vertx, () -> new SandboxVerticle(bus, executes, most));
    executor = new ToolExecutorClient(bus, settings.edge().bounds().calls());
  }

  /**
   * Wires and starts.
   *
   * @throws dev.chitin.bus.ChitinException with what does not start; nothing stays up then
   */
  static Station start(Foundation foundation, GatewaySettings settings, CallObserver observer) {
    return new Station(foundation, settings, observer);
  }

  private void deploy(Vertx vertx, Supplier<Deployable> verticle) {
    String id = vertx.deployVerticle(verticle, Foundation.onEachLoop()).await();
    started.add(() -> vertx.undeploy(id).await());
  }

  private void add(Map<String, Backend> backends, Backend backend) {
    backends.put(backend.name(), backend);
    started.add(() -> backend.close().await());
  }

  private static SandboxSettings sandboxSettings(GatewaySettings settings) {
    ChitinHome home = settings.home();
    return new SandboxSettings(
        settings.bwrap(),
        settings.waive(),
        "chitin",
        home.run().resolve("sandbox"),
        List.of(home.audit(), home.vault(), home.run()),
        settings.runs(),
        settings.warm(),
        settings.policy().writeProtection());
  }

  private static Set<String> addresses(List<ToolDefinition> tools) {
    return tools.stream()
        .map(ToolDefinition::run)
        .filter(ToolDefinition.Run.VerticleCall.class::isInstance)
        .map(run -> ((ToolDefinition.Run.VerticleCall) run).address())
        .collect(Collectors.toSet());
  }

  private boolean readable(String path) {
    return snapshot.paths().denied(path, path, PathRules.Access.READ).isEmpty();
  }

  /** The workspace with its links followed. */
  private String workspace() {
    return snapshot.paths().roots().stream()
        .filter(root -> root.id().equals("workspace.path"))
        .map(PathRules.Root::path)
        .findFirst()
        .orElseThrow();
  }

  /** From now on the gateway serves on this port, and no tool may ask it. */
  void listeningOn(int port) {
    listener.listensOn(port);
  }

  /** To which addresses the gateway's requests may go. */
  AddressPinning pinning() {
    return pinning;
  }

  ToolRegistry registry() {
    return registry;
  }

  ToolExecutor executor() {
    return executor;
  }

  PolicySnapshot snapshot() {
    return snapshot;
  }

  /** What clears plans that the gateway carries out itself. */
  Clearance clearance() {
    return clearance;
  }

  /** The addresses that requests of {@code tool} may go to. */
  AddressPinning pinning(String tool) {
    return new AddressPinning(snapshot.addresses(tool), listener, resolvers);
  }

  BwrapBackend bwrap() {
    return bwrap;
  }

  @Override
  public void close() {
    started.close();
  }
}
