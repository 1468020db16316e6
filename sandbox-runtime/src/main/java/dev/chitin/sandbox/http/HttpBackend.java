package dev.chitin.sandbox.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.http.EgressRecord.RequestTarget;
import dev.chitin.sandbox.plan.RequestLine;
import dev.chitin.vault.LeaseRedeemer;
import dev.chitin.vault.memory.ZeroingAllocator;
import dev.chitin.vault.scrub.Scrubber;
import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * Makes a plan's request. The name is resolved once, every address it has is checked, and the
 * connection goes to one of exactly those; redirects are answers like any other. A connection
 * serves one request, so that no pool carries a decision over to another plan.
 */
public final class HttpBackend implements Backend {
  /** How Vert.x names its HTTP/1.1 codec in the pipeline of a client's connection. */
  private static final String CODEC = "codec";

  private final Vertx vertx;
  private final HttpClient client;
  private final ToolRegistry registry;
  private final AddressPinning pinning;
  private final LeaseSpending spending;
  private final EgressRecord egress;
  private final ZeroingAllocator allocator = new ZeroingAllocator();

  public HttpBackend(
      Vertx vertx,
      ToolRegistry registry,
      AddressPinning pinning,
      LeaseRedeemer redeemer,
      AuditLog audit) {
    this.egress = new EgressRecord(audit);
    this.vertx = vertx;
    this.registry = registry;
    this.pinning = pinning;
    this.spending = new LeaseSpending(redeemer, new SecureRandom());
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(false)
                .setDecompressionSupported(false)
                .setVerifyHost(true)
                .setMaxHeaderSize(32 * 1024)
                .setConnectTimeout(10_000),
            new PoolOptions().setHttp1MaxSize(256).setMaxWaitQueueSize(256));
  }

  @Override
  public String name() {
    return "http";
  }

  @Override
  public Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context) {
    ExecutionPlan plan = call.plan().plan();
    if (!(plan.invocation() instanceof Invocation.HttpRequest invocation)) {
      return Future.failedFuture(
          Problem.of(ProblemCode.INTERNAL, "A plan of another backend came here.").toException());
    }
    RequestLine line;
    try {
      line = requestLine(call, invocation);
    } catch (ChitinException refused) {
      return Future.failedFuture(refused);
    }
    Deadline deadline =
        context.deadline().min(Deadline.after(Duration.ofMillis(plan.limits().wallMillis())));
    var target =
        RequestTarget.of(line.method(), line.host(), line.port(), line.path(), line.body());
    EgressRecord.Attempt attempt = egress.attempt(call, target);
    return attempt.recorded(
        () ->
            pinning
                .address(line.host(), line.port())
                .onSuccess(attempt::pinned)
                .compose(address -> send(line, address, call, context, deadline))
                .recover(
                    failure ->
                        failure instanceof UnknownHostException
                            ? Future.succeededFuture(unanswered(failure))
                            : Future.failedFuture(failure)));
  }

  /** The request again from the arguments, held against what the plan says of it. */
  private RequestLine requestLine(PreparedCall call, Invocation.HttpRequest planned) {
    ToolDefinition.Run run =
        registry
            .find(call.plan().plan().tool())
            .map(tool -> tool.definition().run())
            .orElseThrow(HttpBackend::mismatch);
    RequestLine line =
        run instanceof ToolDefinition.Run.HttpRequest template
            ? RequestLine.ofTemplate(template, call.input())
            : RequestLine.ofFetch(call.input());
    if (!line.toInvocation().equals(planned)) {
      throw mismatch();
    }
    return line;
  }

  private static RuntimeException mismatch() {
    return Problem.of(
            ProblemCode.POLICY_DECISION_INVALID, "The request is not the one that was decided on.")
        .toException();
  }

  private Future<Outcome> send(
      RequestLine line,
      SocketAddress address,
      PreparedCall call,
      CallContext context,
      Deadline deadline) {
    var options =
        new RequestOptions()
            .setServer(address)
            .setHost(line.host())
            .setPort(line.port())
            .setSsl(line.scheme().equals("https"))
            .setMethod(HttpMethod.valueOf(line.method()))
            .setURI(line.pathAndQuery())
            .setFollowRedirects(false)
            .setConnectTimeout(Math.max(1, deadline.remainingMillis()));
    Promise<Outcome> ended = Promise.promise();
    long timer =
        vertx.setTimer(
            Math.max(1, deadline.remainingMillis()),
            expired -> ended.tryComplete(stopped("deadline")));
    context.cancelled().onSuccess(reason -> ended.tryComplete(stopped("cancelled")));
    client
        .request(options)
        .compose(
            request -> {
              ended.future().onComplete(outcome -> request.reset());
              return exchange(request, line, call);
            })
        .onComplete(ended::tryComplete, failure -> end(ended, failure));
    return ended.future().onComplete(outcome -> vertx.cancelTimer(timer));
  }

  /** What was refused here is a failure of the call; a server that fails is an answer. */
  private static void end(Promise<Outcome> ended, Throwable failure) {
    if (failure instanceof ChitinException refused) {
      ended.tryFail(refused);
    } else {
      ended.tryComplete(unanswered(failure));
    }
  }

  /** The connection stands: only now are leases spent, since nothing else can fail any more. */
  private Future<Outcome> exchange(HttpClientRequest request, RequestLine line, PreparedCall call) {
    var scrubber = new Scrubber();
    return spending
        .spend(call.plan(), line.toInvocation(), call.leases())
        .compose(
            injections -> {
              line.headers().forEach(request::putHeader);
              request.putHeader("accept-encoding", "identity");
              injections.forEach(i -> request.putHeader(i.field(), i.marker()));
              return injections.isEmpty()
                  ? answer(request, line, call, scrubber)
                  : answer(request, line, call, scrubber, injections);
            })
        .onComplete(done -> scrubber.close());
  }

  private Future<Outcome> answer(
      HttpClientRequest request,
      RequestLine line,
      PreparedCall call,
      Scrubber scrubber,
      List<Injection> injections) {
    var splice = new SecretSplice(injections, scrubber, allocator, false);
    if (!(request.connection() instanceof ConnectionBase connection)) {
      throw Problem.of(ProblemCode.INTERNAL, "The connection gives no access to its pipeline.")
          .toException();
    }
    Channel channel = connection.channel();
    channel.config().setAllocator(allocator);
    channel.pipeline().addBefore(CODEC, "secret-splice", splice);
    return answer(request, line, call, scrubber)
        .recover(
            failure -> {
              ChitinException refusal = splice.refusal();
              return Future.failedFuture(refusal == null ? failure : refusal);
            });
  }

  private static Future<Outcome> answer(
      HttpClientRequest request, RequestLine line, PreparedCall call, Scrubber scrubber) {
    String text = line.body();
    Buffer body =
        text == null ? Buffer.buffer() : Buffer.buffer(text.getBytes(StandardCharsets.UTF_8));
    long bound = call.plan().plan().limits().stdoutBytes();
    return request
        .send(body)
        .compose(response -> new ResponseReader(response, scrubber, bound).read());
  }

  private static Outcome unanswered(Throwable failure) {
    return Outcome.exited(1, Bytes.EMPTY, Bytes.adopt(reason(failure)), null);
  }

  private static Outcome stopped(String status) {
    return new Outcome(status, null, Bytes.EMPTY, Bytes.EMPTY, 0, 0, null, List.of());
  }

  /** Why no answer came, without addresses or names of the host's network. */
  private static byte[] reason(Throwable failure) {
    String kind =
        switch (failure) {
          case ConnectException refused -> "the connection was refused";
          case SSLException tls -> "the TLS handshake failed";
          case UnknownHostException unknown -> "the host name does not resolve";
          default -> "the connection failed before the whole answer came";
        };
    return ("http: " + kind + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Future<Void> close() {
    return client.close();
  }
}
