package dev.chitin.bus;

import static dev.chitin.bus.Asking.await;
import static dev.chitin.bus.Asking.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Asking.Answer;
import dev.chitin.bus.Asking.Question;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the typed bus promises to those who serve and those who call. */
class BusTest {
  private static final Address<Question, Answer> ADDRESS =
      new Address<>("test.question", Question.class, Answer.class);

  private final Vertx vertx = Vertx.vertx();
  private final Bus bus = Bus.of(vertx);

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private void serve(int maxInFlight, Service<Question, Answer> service) {
    await(
        vertx.deployVerticle(
            new VerticleBase() {
              @Override
              public Future<?> start() {
                return bus.serve(ADDRESS, maxInFlight, service);
              }
            }));
  }

  private static void assertFails(Future<?> answer, ProblemCode code) {
    assertThatThrownBy(() -> await(answer))
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void requestAndAnswerAreHandedByReference() {
    var question = new Question("q");
    var answer = new Answer("a");
    var seen = new AtomicReference<Question>();
    serve(
        8,
        (q, call) -> {
          seen.set(q);
          return Future.succeededFuture(answer);
        });
    assertThat(await(bus.endpoint(ADDRESS, 8).call(question, soon()))).isSameAs(answer);
    assertThat(seen.get()).isSameAs(question);
  }

  @Test
  void aRequestWhoseDeadlineHasPassedIsNotSent() {
    var asked = new AtomicInteger();
    serve(
        8,
        (q, call) -> {
          asked.incrementAndGet();
          return Future.succeededFuture(new Answer("a"));
        });
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 8);
    assertFails(
        endpoint.call(new Question("q"), Deadline.after(Duration.ZERO)),
        ProblemCode.DEADLINE_EXCEEDED);
    assertThat(asked).hasValue(0);
    assertThat(endpoint.inFlight()).isZero();
  }

  @Test
  void aRequestWhoseDeadlinePassesOnTheWayIsNotHandled() {
    var asked = new AtomicInteger();
    serve(
        8,
        (q, call) -> {
          asked.incrementAndGet();
          return Future.succeededFuture(new Answer("a"));
        });
    var late =
        new Envelope(
            new Envelope.CorrelationId(1, 1),
            Deadline.after(Duration.ofSeconds(-1)),
            new Question("q"));
    assertThatThrownBy(() -> await(vertx.eventBus().request(ADDRESS.name(), late)))
        .isInstanceOf(BusFailure.class)
        .satisfies(
            e ->
                assertThat(((BusFailure) e).failure().code())
                    .isEqualTo(ProblemCode.DEADLINE_EXCEEDED));
    assertThat(asked).hasValue(0);
  }

  @Test
  void aServiceThatDoesNotAnswerInTimeIsCancelled() {
    Promise<String> reason = Promise.promise();
    serve(
        8,
        (q, call) -> {
          call.cancelled().onSuccess(reason::complete);
          return Promise.<Answer>promise().future();
        });
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 8);
    assertFails(
        endpoint.call(new Question("q"), Deadline.after(Duration.ofMillis(50))),
        ProblemCode.DEADLINE_EXCEEDED);
    assertThat(await(reason.future())).isEqualTo("deadline");
    assertThat(endpoint.inFlight()).isZero();
  }

  /** It ends its work itself at the deadline, and says then what came of it. */
  @Test
  void aServiceThatHasAGraceIsHeardAfterTheDeadline() {
    serve(
        8,
        (q, call) -> {
          Promise<Answer> ended = Promise.promise();
          vertx.setTimer(
              call.deadline().remainingMillis() + 20,
              late -> ended.complete(new Answer(call.isCancelled() ? "cancelled" : "ended")));
          return ended.future();
        });
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 8, Duration.ofMinutes(1));
    assertThat(await(endpoint.call(new Question("q"), Deadline.after(Duration.ofMillis(20)))))
        .isEqualTo(new Answer("ended"));
    Endpoint<Question, Answer> impatient = bus.endpoint(ADDRESS, 8, Duration.ofMillis(1));
    assertFails(
        impatient.call(new Question("q"), Deadline.after(Duration.ofMillis(20))),
        ProblemCode.DEADLINE_EXCEEDED);
  }

  @Test
  void aCancellationReachesItsOwnRequestAndNoOther() {
    var cancelled = new ArrayList<String>();
    Promise<String> first = Promise.promise();
    var pending = new ArrayList<Promise<Answer>>();
    serve(
        8,
        (q, call) -> {
          call.cancelled()
              .onSuccess(
                  why -> {
                    cancelled.add(q.text());
                    first.tryComplete(why);
                  });
          Promise<Answer> answer = Promise.promise();
          pending.add(answer);
          return answer.future();
        });
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 8);
    BusCall<Answer> one = endpoint.start(new Question("one"), soon());
    BusCall<Answer> two = endpoint.start(new Question("two"), soon());
    two.cancel("no longer wanted");
    assertThat(await(first.future())).isEqualTo("no longer wanted");
    assertThat(cancelled).containsExactly("two");
    pending.forEach(p -> p.complete(new Answer("done")));
    assertThat(await(one.result()).text()).isEqualTo("done");
    assertThat(await(two.result()).text()).isEqualTo("done");
  }

  @Test
  void theClientIsBounded() {
    serve(100, (q, call) -> Promise.<Answer>promise().future());
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 3);
    for (int i = 0; i < 3; i++) {
      endpoint.start(new Question("q"), soon());
    }
    assertFails(endpoint.call(new Question("q"), soon()), ProblemCode.GATEWAY_OVERLOADED);
    assertThat(endpoint.inFlight()).isEqualTo(3);
  }

  @Test
  void theServerIsBoundedAndServesAgainAfterwards() {
    List<Promise<Answer>> pending = new ArrayList<>();
    serve(
        3,
        (q, call) -> {
          Promise<Answer> answer = Promise.promise();
          pending.add(answer);
          return answer.future();
        });
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 100);
    var calls = new ArrayList<Future<Answer>>();
    for (int i = 0; i < 3; i++) {
      calls.add(endpoint.call(new Question("q"), soon()));
    }
    assertFails(endpoint.call(new Question("q"), soon()), ProblemCode.GATEWAY_OVERLOADED);
    pending.forEach(p -> p.complete(new Answer("a")));
    await(Future.all(calls));
    Future<Answer> next = endpoint.call(new Question("q"), soon());
    Future<Answer> refused = endpoint.call(new Question("q"), soon());
    assertThat(next.failed()).isFalse();
    assertThat(refused.failed()).isFalse();
  }

  @Test
  void answersGivenOnOtherThreadsDoNotCorruptTheBound() {
    serve(
        1_000,
        (q, call) -> {
          Promise<Answer> answer = Promise.promise();
          Thread.ofVirtual().start(() -> answer.complete(new Answer(q.text())));
          return answer.future();
        });
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 10_000);
    for (int round = 0; round < 20; round++) {
      var calls = new ArrayList<Future<Answer>>();
      for (int i = 0; i < 1_000; i++) {
        calls.add(endpoint.call(new Question("q" + i), soon()));
      }
      await(Future.all(calls));
      assertThat(endpoint.inFlight()).isZero();
    }
  }

  @Test
  void aProblemKeepsAllItsPartsOnTheWayBack() {
    Problem problem =
        Problem.of(ProblemCode.POLICY_PATH_DENIED, "the path is denied")
            .withRule("path.rule")
            .withHint("ask for another")
            .withErrors(List.of(new Problem.FieldError("/arguments/path", "is denied")));
    serve(8, (q, call) -> Future.failedFuture(problem.toException()));
    assertThatThrownBy(() -> await(bus.endpoint(ADDRESS, 8).call(new Question("q"), soon())))
        .isInstanceOf(ChitinException.Denied.class)
        .satisfies(e -> assertThat(((ChitinException) e).problem()).isEqualTo(problem));
  }

  @Test
  void anUnexpectedFailureBecomesInternalWithoutItsText() {
    List<Service<Question, Answer>> broken =
        List.of(
            (q, call) -> Future.failedFuture(new IllegalStateException("password=hunter2")),
            (q, call) -> {
              throw new IllegalStateException("password=hunter2");
            },
            (q, call) -> {
              throw new AssertionError("password=hunter2");
            });
    for (int i = 0; i < broken.size(); i++) {
      var address = new Address<>("test.broken." + i, Question.class, Answer.class);
      await(bus.serve(address, 8, broken.get(i)));
      assertThatThrownBy(() -> await(bus.endpoint(address, 8).call(new Question("q"), soon())))
          .isInstanceOf(ChitinException.Defect.class)
          .satisfies(
              e -> {
                assertThat(((ChitinException) e).problem().toString()).doesNotContain("hunter2");
                assertThat(e.getMessage()).doesNotContain("hunter2");
              });
    }
  }

  @Test
  void anAddressThatNobodyServesIsDraining() {
    Endpoint<Question, Answer> endpoint = bus.endpoint(ADDRESS, 8);
    assertFails(endpoint.call(new Question("q"), soon()), ProblemCode.GATEWAY_DRAINING);
    assertThat(endpoint.inFlight()).isZero();
  }

  @Test
  void aServiceRunsOnTheContextThatServes() {
    var served = new AtomicReference<Context>();
    var handled = new AtomicReference<String>();
    var deployed = new AtomicReference<String>();
    await(
        vertx.deployVerticle(
            new VerticleBase() {
              @Override
              public Future<?> start() {
                served.set(context);
                deployed.set(Thread.currentThread().getName());
                return bus.serve(
                    ADDRESS,
                    8,
                    (q, call) -> {
                      handled.set(Thread.currentThread().getName());
                      return Future.succeededFuture(new Answer("a"));
                    });
              }
            }));
    await(bus.endpoint(ADDRESS, 8).call(new Question("q"), soon()));
    assertThat(handled.get()).isEqualTo(deployed.get());
  }

  @Test
  void aCallOnAClosedBusFailsAndIsNotCountedForEver() {
    Vertx other = Vertx.vertx();
    Bus closed = Bus.of(other);
    await(other.close());
    Endpoint<Question, Answer> endpoint = closed.endpoint(ADDRESS, 1);
    for (int i = 0; i < 3; i++) {
      Future<Answer> answer = endpoint.call(new Question("q"), soon());
      assertFails(answer, ProblemCode.GATEWAY_DRAINING);
    }
    assertThat(endpoint.inFlight()).isZero();
  }

  /** On each event loop its own instance serves; from elsewhere any of them does. */
  @Test
  void whoCallsFromAnEventLoopIsServedOnIt() {
    int loops = 3;
    int near = 0;
    List<Thread> servers = new CopyOnWriteArrayList<>();
    await(
        vertx.deployVerticle(
            () ->
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    servers.add(Thread.currentThread());
                    return bus.serveNear(
                        ADDRESS,
                        8,
                        (q, call) ->
                            Future.succeededFuture(new Answer(Thread.currentThread().getName())));
                  }
                },
            new DeploymentOptions().setInstances(loops)));
    var endpoint = bus.endpoint(ADDRESS, 8);
    for (int i = 0; i < 4 * loops; i++) {
      Promise<List<String>> seen = Promise.promise();
      Context context = ((VertxInternal) vertx).createEventLoopContext();
      context.runOnContext(
          go -> {
            Thread here = Thread.currentThread();
            endpoint
                .call(new Question("where"), soon())
                .map(answer -> List.of(here.getName(), answer.text()))
                .onComplete(seen);
          });
      List<String> names = await(seen.future());
      if (servers.stream().anyMatch(thread -> thread.getName().equals(names.getFirst()))) {
        assertThat(names.get(1)).isEqualTo(names.getFirst());
        near++;
      }
    }
    assertThat(near).isGreaterThanOrEqualTo(loops);
    assertThat(await(endpoint.call(new Question("from outside"), soon())).text()).isNotEmpty();
  }

  @Test
  void anInstanceThatEndsServesNobodyOnItsLoop() {
    Promise<Registration> taken = Promise.promise();
    await(
        vertx.deployVerticle(
            new VerticleBase() {
              @Override
              public Future<?> start() {
                return bus.serveNear(
                        ADDRESS, 8, (q, call) -> Future.succeededFuture(new Answer("near")))
                    .onComplete(taken);
              }
            }));
    Context loop = ((VertxInternal) vertx).createEventLoopContext();
    serve(8, (q, call) -> Future.succeededFuture(new Answer("far")));
    await(await(taken.future()).cancel());
    for (int i = 0; i < 8; i++) {
      Promise<Answer> seen = Promise.promise();
      loop.runOnContext(
          go -> bus.endpoint(ADDRESS, 8).call(new Question("q"), soon()).onComplete(seen));
      assertThat(await(seen.future()).text()).isEqualTo("far");
    }
  }
}
