package dev.chitin.sandbox.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.plan.RequestLine;
import dev.chitin.vault.LeaseRedeemer;
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
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * Makes a plan's request. The name is resolved once, every address it has is checked, and the
 * connection goes to one of exactly those; redirects are answers like any other. A connection
 * serves one request, so that no pool carries a decision over to another plan.
 */
public final class HttpBackend implements Backend {
  private final Vertx vertx;
  private final HttpClient client;
  private final ToolRegistry registry;
  private final AddressPinning pinning;
  private final LeaseRedeemer redeemer;

  public HttpBackend(
      Vertx vertx, ToolRegistry registry, AddressPinning pinning, LeaseRedeemer redeemer) {
    this.vertx = vertx;
    this.registry = registry;
    this.pinning = pinning;
    this.redeemer = redeemer;
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
    List<Injection> injections;
    try {
      line = requestLine(call, invocation);
      injections = injections(call, plan);
    } catch (ChitinException refused) {
      return Future.failedFuture(refused);
    }
    Deadline deadline =
        context.deadline().min(Deadline.after(Duration.ofMillis(plan.limits().wallMillis())));
    return pinning
        .address(line.host(), line.port())
        .compose(address -> send(line, address, injections, plan, context, deadline))
        .recover(
            failure ->
                failure instanceof UnknownHostException
                    ? Future.succeededFuture(unanswered(failure))
                    : Future.failedFuture(failure))
        .eventually(
            () -> {
              injections.forEach(Injection::close);
              return Future.succeededFuture();
            });
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

  private List<Injection> injections(PreparedCall call, ExecutionPlan plan) {
    List<Injection> injections = new ArrayList<>();
    try {
      for (int i = 0; i < plan.credentials().size(); i++) {
        CredentialRef credential = plan.credentials().get(i);
        injections.add(
            redeemer.redeem(
                call.leases().get(i),
                call.plan().digest(),
                secret -> Injection.of(credential, secret)));
      }
      return injections;
    } catch (RuntimeException e) {
      injections.forEach(Injection::close);
      throw ChitinException.from(e);
    }
  }

  private Future<Outcome> send(
      RequestLine line,
      SocketAddress address,
      List<Injection> injections,
      ExecutionPlan plan,
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
              return exchange(request, line, injections, plan);
            })
        .onComplete(ended::tryComplete, failure -> ended.tryComplete(unanswered(failure)));
    return ended.future().onComplete(outcome -> vertx.cancelTimer(timer));
  }

  private static Future<Outcome> exchange(
      HttpClientRequest request, RequestLine line, List<Injection> injections, ExecutionPlan plan) {
    line.headers().forEach(request::putHeader);
    request.putHeader("accept-encoding", "identity");
    injections.forEach(injection -> request.putHeader(injection.field(), injection.value()));
    Buffer body =
        line.body() == null
            ? Buffer.buffer()
            : Buffer.buffer(line.body().getBytes(StandardCharsets.UTF_8));
    return request
        .send(body)
        .compose(
            response ->
                new ResponseReader(response, injections, plan.limits().stdoutBytes()).read());
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
