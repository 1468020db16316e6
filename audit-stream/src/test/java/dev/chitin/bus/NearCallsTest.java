package dev.chitin.bus;

import static dev.chitin.bus.Asking.await;
import static dev.chitin.bus.Asking.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Asking.Answer;
import dev.chitin.bus.Asking.Question;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the bus promises, where who asks and who serves share an event loop. */
class NearCallsTest {
  private static final Address<Question, Answer> ADDRESS =
      new Address<>("test.near", Question.class, Answer.class);

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Bus bus = Bus.of(vertx);
  private final ContextInternal here = ((VertxInternal) vertx).createEventLoopContext();

  @AfterEach
  void close() {
    await(vertx.close());
  }

  /** Serves near, and gives the deployment's id. */
  private String serve(int maxInFlight, Service<Question, Answer> service) {
    return await(
        vertx.deployVerticle(
            new VerticleBase() {
              @Override
              public Future<?> start() {
                return bus.serveNear(ADDRESS, maxInFlight, service);
              }
            }));
  }

  /** The addresses of messages from now on. */
  private List<String> sentMessages() {
    List<String> sent = new CopyOnWriteArrayList<>();
    vertx
        .eventBus()
        .addOutboundInterceptor(
            delivery -> {
              sent.add(delivery.message().address());
              delivery.next();
            });
    return sent;
  }

  /** Runs {@code step} on the event loop and gives what comes of it. */
  private <T> T onLoop(Supplier<Future<T>> step) {
    Promise<T> result = Promise.promise();
    here.runOnContext(go -> step.get().onComplete(result));
    return await(result.future());
  }

  private static Future<ProblemCode> failure(Future<?> answer) {
    return answer.transform(
        ended ->
            Future.succeededFuture(
                ended.cause() instanceof ChitinException known ? known.code() : null));
  }

  @Test
  void requestAndAnswerAreHandedByReferenceOnTheContextsOfEachSide() {
    var question = new Question("q");
    var answer = new Answer("a");
    var seen = new AtomicReference<@Nullable Question>();
    var served = new AtomicReference<@Nullable Context>();
    serve(
        8,
        (q, call) -> {
          seen.set(q);
          served.set(ContextInternal.current().unwrap());
          return Future.succeededFuture(answer);
        });
    var endpoint = bus.endpoint(ADDRESS, 8);
    var answered = new AtomicReference<@Nullable Context>();
    Answer got =
        onLoop(
            () ->
                endpoint
                    .call(question, soon())
                    .onSuccess(a -> answered.set(ContextInternal.current())));
    assertThat(got).isSameAs(answer);
    assertThat(seen.get()).isSameAs(question);
    assertThat(served.get()).isNotNull().isNotSameAs(here);
    assertThat(answered.get()).isSameAs(here);
    assertThat(endpoint.inFlight()).isZero();
  }

  @Test
  void noMessageGoesOverTheEventBus() {
    serve(8, (q, call) -> Future.succeededFuture(new Answer("a")));
    List<String> sent = sentMessages();
    var endpoint = bus.endpoint(ADDRESS, 8);
    onLoop(() -> endpoint.call(new Question("q"), soon()));
    assertThat(sent).isEmpty();
    await(endpoint.call(new Question("from elsewhere"), soon()));
    assertThat(sent).contains(ADDRESS.name());
  }

  @Test
  void aServiceNeverRunsWithinWhoAsksAndAllAreServedInTheirOrder() {
    var order = new ArrayList<String>();
    serve(
        8,
        (q, call) -> {
          order.add("served " + q.text());
          return Future.succeededFuture(new Answer(q.text()));
        });
    var endpoint = bus.endpoint(ADDRESS, 8);
    onLoop(
        () -> {
          Future<Answer> first = endpoint.call(new Question("1"), soon());
          Future<Answer> second = endpoint.call(new Question("2"), soon());
          order.add("asked");
          return Future.all(first, second);
        });
    assertThat(order).containsExactly("asked", "served 1", "served 2");
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
    var endpoint = bus.endpoint(ADDRESS, 8);
    ProblemCode code =
        onLoop(
            () -> failure(endpoint.call(new Question("q"), Deadline.after(Duration.ofMillis(50)))));
    assertThat(code).isEqualTo(ProblemCode.DEADLINE_EXCEEDED);
    assertThat(await(reason.future())).isEqualTo("deadline");
    assertThat(endpoint.inFlight()).isZero();
  }

  @Test
  void anAnswerThatComesTooLateChangesNothing() {
    Promise<Answer> late = Promise.promise();
    serve(8, (q, call) -> late.future());
    var endpoint = bus.endpoint(ADDRESS, 8);
    Supplier<Future<ProblemCode>> inVain =
        () -> failure(endpoint.call(new Question("q"), Deadline.after(Duration.ofMillis(20))));
    assertThat(onLoop(inVain)).isEqualTo(ProblemCode.DEADLINE_EXCEEDED);
    late.complete(new Answer("late"));
    assertThat(onLoop(() -> endpoint.call(new Question("q"), soon())).text()).isEqualTo("late");
    assertThat(endpoint.inFlight()).isZero();
  }

  @Test
  void aCancellationReachesItsOwnRequest() {
    serve(
        8,
        (q, call) -> {
          Promise<Answer> answer = Promise.promise();
          call.cancelled().onSuccess(why -> answer.complete(new Answer(q.text() + ": " + why)));
          return answer.future();
        });
    var endpoint = bus.endpoint(ADDRESS, 8);
    Answer answer =
        onLoop(
            () -> {
              endpoint.start(new Question("another"), soon());
              BusCall<Answer> call = endpoint.start(new Question("this one"), soon());
              call.cancel("not wanted");
              return call.result();
            });
    assertThat(answer.text()).isEqualTo("this one: not wanted");
    assertThat(endpoint.inFlight()).isEqualTo(1);
  }

  @Test
  void theServerIsBounded() {
    serve(2, (q, call) -> Promise.<Answer>promise().future());
    var endpoint = bus.endpoint(ADDRESS, 8);
    ProblemCode code =
        onLoop(
            () -> {
              endpoint.start(new Question("1"), soon());
              endpoint.start(new Question("2"), soon());
              return failure(endpoint.call(new Question("3"), soon()));
            });
    assertThat(code).isEqualTo(ProblemCode.GATEWAY_OVERLOADED);
  }

  @Test
  void whatAServiceThrowsIsItsOwnCallersFailureAndNobodyElses() {
    serve(
        8,
        (q, call) -> {
          if (q.text().isEmpty()) {
            throw new AssertionError("password=hunter2");
          }
          return Future.succeededFuture(new Answer(q.text()));
        });
    var endpoint = bus.endpoint(ADDRESS, 8);
    var codes = new ArrayList<@Nullable ProblemCode>();
    List<Answer> answers = new ArrayList<>();
    onLoop(
        () -> {
          Future<ProblemCode> thrown = failure(endpoint.call(new Question(""), soon()));
          Future<Answer> behind = endpoint.call(new Question("behind"), soon());
          return Future.all(thrown.onSuccess(codes::add), behind.onSuccess(answers::add));
        });
    assertThat(codes).containsExactly(ProblemCode.INTERNAL);
    assertThat(answers).extracting(Answer::text).containsExactly("behind");
  }

  @Test
  void aVerticleThatIsUndeployedServesNobody() {
    String id = serve(8, (q, call) -> Future.succeededFuture(new Answer("a")));
    var endpoint = bus.endpoint(ADDRESS, 8);
    assertThat(onLoop(() -> endpoint.call(new Question("q"), soon())).text()).isEqualTo("a");
    await(vertx.undeploy(id));
    assertThat(onLoop(() -> failure(endpoint.call(new Question("q"), soon()))))
        .isEqualTo(ProblemCode.GATEWAY_DRAINING);
  }

  /** A worker's context names an event loop too, but does not run on it. */
  @Test
  void aWorkerIsServedByMessage() {
    Thread[] served = new Thread[1];
    serve(
        8,
        (q, call) -> {
          served[0] = Thread.currentThread();
          return Future.succeededFuture(new Answer("a"));
        });
    Promise<Answer> answer = Promise.promise();
    List<String> sent = sentMessages();
    ((VertxInternal) vertx)
        .createWorkerContext()
        .runOnContext(
            go -> bus.endpoint(ADDRESS, 8).call(new Question("q"), soon()).onComplete(answer));
    assertThat(await(answer.future()).text()).isEqualTo("a");
    assertThat(served[0].getName()).contains("eventloop");
    assertThat(sent).contains(ADDRESS.name());
  }

  @Test
  void whatWasAnsweredIsNotWatchedAnyMore() {
    var timeouts = new Timeouts(here.nettyEventLoop());
    Promise<Object> waits = Promise.promise();
    here.runOnContext(
        go -> {
          for (int i = 0; i < 10_000; i++) {
            Promise<Object> answered = Promise.promise();
            timeouts.watch(soon(), answered, TimeoutException::new);
            answered.complete("a");
          }
          timeouts.watch(Deadline.after(Duration.ofMillis(30)), waits, TimeoutException::new);
        });
    assertThat(await(waits.future().otherwise(failure -> failure)))
        .isInstanceOf(TimeoutException.class);
    assertThat(onLoop(() -> Future.succeededFuture(timeouts.watched()))).isZero();
  }
}
