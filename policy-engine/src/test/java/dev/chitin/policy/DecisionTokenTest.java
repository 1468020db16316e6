package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DecisionTokenTest {
  private static final Digest PLAN = Digest.ofUtf8("plan");
  private static final Verdict ALLOW = Verdict.allow(List.of("rule"));

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final DecisionKey key = DecisionKey.generate();
  private final DecisionSigner signer = new DecisionSigner(key, "node", clock::get);
  private final LocalDecisionVerifier verifier =
      new LocalDecisionVerifier(key, "node", clock::get, 100);

  private Decision allow() {
    return signer.sign(ALLOW, PLAN, "v1", after(Duration.ofMinutes(5)));
  }

  private Deadline after(Duration duration) {
    return new Deadline(clock.get() + duration.toNanos());
  }

  private void refused(Decision decision, Digest plan, String rule) {
    assertThatThrownBy(() -> verifier.consume(decision, plan))
        .isInstanceOfSatisfying(
            ChitinException.Denied.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.POLICY_DECISION_INVALID);
              assertThat(e.problem().rule()).isEqualTo(rule);
            });
  }

  @Test
  void anAllowCountsOnceForItsPlan() {
    Decision decision = allow();
    verifier.consume(decision, PLAN);
    refused(decision, PLAN, "decision.spent");
  }

  @Test
  void anotherPlanIsNotCovered() {
    refused(allow(), Digest.ofUtf8("other"), "decision.plan");
  }

  @Test
  void aDenialRunsNothing() {
    Verdict deny = Verdict.deny(List.of(Denial.of(ProblemCode.POLICY_PATH_DENIED, "r", "no")));
    Decision decision = signer.sign(deny, PLAN, "v1", after(Duration.ofSeconds(1)));
    assertThat(decision.code()).isEqualTo(ProblemCode.POLICY_PATH_DENIED);
    refused(decision, PLAN, "decision.outcome");
  }

  @Test
  void aDecisionExpiresAfterAMinuteOrWithItsDeadline() {
    Decision minute = allow();
    Decision second = signer.sign(ALLOW, PLAN, "v1", after(Duration.ofSeconds(1)));
    clock.addAndGet(Duration.ofSeconds(1).toNanos());
    refused(second, PLAN, "decision.expired");
    clock.addAndGet(Duration.ofSeconds(59).toNanos());
    refused(minute, PLAN, "decision.expired");
  }

  @Test
  void anotherNodeIsNotTheAudience() {
    Decision foreign =
        new DecisionSigner(key, "other", clock::get)
            .sign(ALLOW, PLAN, "v1", after(Duration.ofSeconds(1)));
    refused(foreign, PLAN, "decision.audience");
  }

  @Test
  void aDecisionOfAnotherStartIsVoid() {
    Decision old =
        new DecisionSigner(DecisionKey.generate(), "node", clock::get)
            .sign(ALLOW, PLAN, "v1", after(Duration.ofSeconds(1)));
    refused(old, PLAN, "decision.mac");
  }

  @Test
  void everyFieldIsUnderTheMac() {
    Decision d =
        signer.sign(
            new Verdict(
                Decision.Outcome.ALLOW,
                List.of(new Denial(ProblemCode.POLICY_ERROR, "r", "detail", "hint")),
                List.of("a", "b")),
            PLAN,
            "v1",
            after(Duration.ofSeconds(1)));
    assertThatCode(() -> verifier.consume(d, PLAN)).doesNotThrowAnyException();
    List<Decision> forged =
        List.of(
            with(d, 0, Decision.Outcome.PENDING),
            with(d, 1, "00"),
            with(d, 2, Digest.ofUtf8("x")),
            with(d, 3, "v2"),
            with(d, 4, "node2"),
            with(d, 5, d.expiresNanos() + 1),
            with(d, 6, ProblemCode.INTERNAL),
            with(d, 7, "other"),
            with(d, 8, List.of("ab")),
            with(d, 8, List.of("b", "a")),
            with(d, 9, "other"),
            with(d, 10, Bytes.EMPTY),
            with(d, 10, flipped(d.mac())));
    assertThat(Decision.class.getRecordComponents()).hasSize(11);
    for (Decision f : forged) {
      refused(f, f.planDigest(), "decision.mac");
    }
  }

  @Test
  void anAbsentFieldIsNotAnEmptyOne() {
    Decision d = allow();
    refused(with(d, 7, ""), PLAN, "decision.mac");
    refused(with(d, 9, ""), PLAN, "decision.mac");
  }

  private static Bytes flipped(Bytes mac) {
    byte[] bytes = mac.toArray();
    bytes[31] ^= 1;
    return Bytes.adopt(bytes);
  }

  private static Decision with(Decision d, int field, Object value) {
    Object[] values = {
      d.outcome(),
      d.decisionId(),
      d.planDigest(),
      d.policyVersion(),
      d.audience(),
      d.expiresNanos(),
      d.code(),
      d.detail(),
      d.rules(),
      d.hint(),
      d.mac()
    };
    values[field] = value;
    try {
      return (Decision) Decision.class.getDeclaredConstructors()[0].newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the record's constructor is there", e);
    }
  }

  @Test
  void sixtyFourThreadsSpendADecisionOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(64)) {
      for (int round = 0; round < 20; round++) {
        Decision decision = allow();
        var start = new CountDownLatch(1);
        Callable<Integer> attempt =
            () -> {
              start.await();
              try {
                verifier.consume(decision, PLAN);
                return 1;
              } catch (ChitinException.Denied e) {
                return e.code() == ProblemCode.POLICY_DECISION_INVALID ? 0 : 100;
              }
            };
        List<Future<Integer>> attempts =
            IntStream.range(0, 64).mapToObj(i -> threads.submit(attempt)).toList();
        start.countDown();
        int uses = 0;
        for (Future<Integer> one : attempts) {
          uses += one.get();
        }
        assertThat(uses).isEqualTo(1);
      }
    }
  }

  @Test
  void atTheBoundOfMarksADecisionIsRefusedAndRoomComesBackByExpiry() {
    for (int i = 0; i < 100; i++) {
      verifier.consume(allow(), PLAN);
    }
    Decision oneTooMany = allow();
    assertThatThrownBy(() -> verifier.consume(oneTooMany, PLAN))
        .isInstanceOf(ChitinException.Unavailable.class);
    clock.addAndGet(Duration.ofSeconds(61).toNanos());
    for (int i = 0; i < 100; i++) {
      verifier.consume(allow(), PLAN);
    }
  }

  @Test
  void idsAreRandomAndDistinct() {
    assertThat(IntStream.range(0, 1_000).mapToObj(i -> allow().decisionId()).distinct())
        .hasSize(1_000)
        .allMatch(id -> id.matches("[0-9a-f]{32}"));
  }
}
