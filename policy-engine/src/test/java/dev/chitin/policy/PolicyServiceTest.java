package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyServiceTest {
  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final DecisionKey key = DecisionKey.generate();

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void plansAreDecidedOverTheBusByTheSnapshotOfTheMoment() throws Exception {
    var policy = new PolicyFixture(directory);
    var engine =
        new LocalPolicyEngine(
            vertx, policy.snapshot(), new DecisionSigner(key, PolicyFixture.NODE));
    Bus bus = Bus.of(vertx);
    vertx.deployVerticle(new PolicyVerticle(bus, engine)).await(10, TimeUnit.SECONDS);
    var client = new PolicyEngineClient(bus);
    var verifier = new LocalDecisionVerifier(key, PolicyFixture.NODE);
    SealedPlan plan = SealedPlan.seal(policy.file("read", policy.workspace.resolve("a")));
    Deadline deadline = Deadline.after(Duration.ofSeconds(20));

    Decision first = client.decide(plan, deadline).await(10, TimeUnit.SECONDS);
    Decision second = client.decide(plan, deadline).await(10, TimeUnit.SECONDS);
    assertThat(first.outcome()).isEqualTo(Decision.Outcome.ALLOW);
    assertThat(second.decisionId()).isNotEqualTo(first.decisionId());
    verifier.consume(first, plan.digest());
    verifier.consume(second, plan.digest());

    policy.granted = Capabilities.NONE;
    engine.replace(policy.snapshot());
    Decision third = client.decide(plan, deadline).await(10, TimeUnit.SECONDS);
    assertThat(third.outcome()).isEqualTo(Decision.Outcome.DENY);
    assertThat(third.policyVersion()).isNotEqualTo(first.policyVersion());
    assertThat(third.rules()).containsExactly("policy.grants.tool.FileRead");
    assertThat(third.hint()).contains("policy.grants.tool.FileRead.paths");
  }

  @Test
  void aPlanOfAnotherNodeIsDenied() throws Exception {
    var policy = new PolicyFixture(directory);
    var engine =
        new LocalPolicyEngine(vertx, policy.snapshot(), new DecisionSigner(key, "elsewhere"));
    SealedPlan plan = SealedPlan.seal(policy.file("read", policy.workspace.resolve("a")));
    Decision decision =
        engine.decide(plan, Deadline.after(Duration.ofSeconds(20))).await(10, TimeUnit.SECONDS);
    assertThat(decision.rules()).containsExactly("plan.node");
  }

  @Test
  void theVersionFollowsTheRulesAndNothingElse() throws Exception {
    var policy = new PolicyFixture(directory);
    String version = policy.snapshot().version();
    assertThat(Digest.parse(version)).isNotNull();
    assertThat(policy.snapshot().version()).isEqualTo(version);
    policy.denied = List.of();
    assertThat(policy.snapshot().version()).isNotEqualTo(version);
  }

  @Test
  void aJudgementMayRefuseWithinTheCeilingAndIsNotAskedBeyondIt() throws Exception {
    var policy = new PolicyFixture(directory);
    Denial no = Denial.of(dev.chitin.bus.ProblemCode.POLICY_NO_PERMIT, "policy0", "not now");
    var snapshot =
        PolicySnapshot.compile(
            policy.settings(), policy.executables, plan -> Verdict.deny(List.of(no)));
    assertThat(snapshot.evaluate(policy.file("read", policy.workspace.resolve("a"))).rules())
        .containsExactly("policy0");
    assertThat(snapshot.evaluate(policy.file("read", policy.home.resolve(".ssh/id"))).rules())
        .containsExactly("builtin.paths[~/.ssh]");
  }
}
