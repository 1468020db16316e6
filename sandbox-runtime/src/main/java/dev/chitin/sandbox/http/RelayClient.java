package dev.chitin.sandbox.http;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Invocation;
import dev.chitin.vault.LeaseRedeemer;
import dev.chitin.vault.memory.ZeroingAllocator;
import dev.chitin.vault.scrub.Scrubber;
import io.netty.channel.Channel;
import io.netty.channel.ConnectTimeoutException;
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
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Passes requests on to servers that the operator named, with answers that are streams. As for the
 * {@code http} backend the name is resolved once and every address of it checked, redirects are
 * answers like any other, a connection serves one request, and a credential goes in at the last
 * moment and is taken out of what comes back. A connection that could not be made is tried once
 * more; nothing was sent then. Used on event loops.
 */
public final class RelayClient implements AutoCloseable {
  /** How Vert.x names its HTTP/1.1 codec in the pipeline of a client's connection. */
  private static final String CODEC = "codec";

  private static final int MOST_CONNECTIONS = 1_024;

  private final Vertx vertx;
  private final HttpClient client;
  private final AddressPinning pinning;
  private final LeaseSpending spending;
  private final String settings;
  private final ZeroingAllocator allocator = new ZeroingAllocator();

  /**
   * @param pinning judges the addresses of the servers
   * @param settings where the operator configures the servers, as hints name it
   * @param ca PEM text of those who alone vouch for the servers, or null for whom the platform
   *     trusts
   */
  public RelayClient(
      Vertx vertx,
      AddressPinning pinning,
      LeaseRedeemer redeemer,
      String settings,
      @Nullable String ca) {
    this.vertx = vertx;
    this.pinning = pinning;
    this.settings = settings;
    this.spending = new LeaseSpending(redeemer, new SecureRandom());
    this.client =
        vertx.createHttpClient(
            options(ca),
            new PoolOptions()
                .setHttp1MaxSize(MOST_CONNECTIONS)
                .setMaxWaitQueueSize(MOST_CONNECTIONS));
  }

  private static HttpClientOptions options(@Nullable String ca) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setKeepAlive(false)
            .setDecompressionSupported(false)
            .setVerifyHost(true)
            .setMaxHeaderSize(32 * 1024);
    return ca == null
        ? options
        : options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(ca)));
  }

  /**
   * Sends {@code request}. The answer stands still until it is {@linkplain RelayedAnswer#resume
   * resumed}.
   *
   * @param context cancelling it ends the request at once, at whatever stage it is
   * @return fails with {@code llm.provider_failed} or {@code llm.provider_timeout} when there is no
   *     answer, and with what was refused
   */
  public Future<RelayedAnswer> send(RelayRequest request, CallContext context) {
    if (!(request.plan().plan().invocation() instanceof Invocation.HttpRequest line)
        || !line.headerNames().equals(List.copyOf(request.headers().keySet()))) {
      return Future.failedFuture(
          Problem.of(
                  ProblemCode.POLICY_DECISION_INVALID,
                  "The request is not the one that was decided on.")
              .toException());
    }
    return connect(line, request.connectMillis(), context)
        .compose(upstream -> exchange(upstream, request, line, context))
        .recover(failure -> Future.failedFuture(problem(failure)));
  }

  /** Who cancels need not wait until a server is reached that is silent. */
  private Future<HttpClientRequest> connect(
      Invocation.HttpRequest line, long connectMillis, CallContext context) {
    Promise<HttpClientRequest> connected = Promise.promise();
    context.cancelled().onSuccess(reason -> connected.tryFail(cancelled()));
    pinning
        .address(line.host(), line.port())
        .compose(address -> connect(client, options(line, address, connectMillis)))
        .onFailure(failure -> connected.tryFail(new UnreachedException(failure)))
        .onSuccess(
            upstream -> {
              // Told by the answer, or by its absence; what is told to nobody is logged.
              upstream.exceptionHandler(broken -> {});
              if (!connected.tryComplete(upstream)) {
                Abort.now(upstream, null);
              }
            });
    return connected.future();
  }

  private static RequestOptions options(
      Invocation.HttpRequest line, SocketAddress address, long connectMillis) {
    return new RequestOptions()
        .setServer(address)
        .setHost(line.host())
        .setPort(line.port())
        .setSsl(line.scheme().equals("https"))
        .setMethod(HttpMethod.valueOf(line.method()))
        .setURI(line.pathAndQuery())
        .setFollowRedirects(false)
        .setConnectTimeout(connectMillis);
  }

  /** Connects; once more when no connection could be made, since nothing was sent then. */
  static Future<HttpClientRequest> connect(HttpClient client, RequestOptions options) {
    return client
        .request(options)
        .recover(
            failure ->
                failure instanceof ConnectException
                    ? client.request(options)
                    : Future.failedFuture(failure));
  }

  /** The connection stands: only now are leases spent, since nothing else can fail any more. */
  private Future<RelayedAnswer> exchange(
      HttpClientRequest upstream,
      RelayRequest request,
      Invocation.HttpRequest line,
      CallContext context) {
    if (context.isCancelled()) {
      Abort.now(upstream, null);
      return Future.failedFuture(cancelled());
    }
    context.cancelled().onSuccess(reason -> Abort.now(upstream, null));
    var scrubber = new Scrubber();
    return spending
        .spend(request.plan(), line, request.leases())
        .compose(
            injections -> {
              request.headers().forEach(upstream::putHeader);
              upstream.putHeader("accept-encoding", "identity");
              injections.forEach(i -> upstream.putHeader(i.field(), i.marker()));
              return sent(upstream, request, injections, scrubber);
            })
        .onFailure(
            failure -> {
              scrubber.close();
              Abort.now(upstream, null);
            });
  }

  private Future<RelayedAnswer> sent(
      HttpClientRequest upstream,
      RelayRequest request,
      List<Injection> injections,
      Scrubber scrubber) {
    Channel channel = channel(upstream);
    channel.pipeline().addAfter(CODEC, "interim-answers", new InterimAnswers());
    SecretSplice splice = injections.isEmpty() ? null : splice(channel, injections, scrubber);
    var patience =
        new Patience(vertx, request.firstByteMillis(), () -> Abort.now(upstream, silent()));
    var body = new SlicedBody(upstream, request.body(), patience::progress);
    Future<RelayedAnswer> answer =
        upstream
            .response()
            .map(
                response -> {
                  response.pause();
                  return new RelayedAnswer(upstream, response, scrubber);
                });
    // A server may refuse before it has read everything: its answer counts, not the broken body.
    body.write().onFailure(broken -> {});
    answer.onComplete(done -> patience.close());
    return answer.recover(
        failure -> {
          ChitinException refusal = splice == null ? null : splice.refusal();
          return Future.failedFuture(refusal == null ? failure : refusal);
        });
  }

  private static Channel channel(HttpClientRequest upstream) {
    if (upstream.connection() instanceof ConnectionBase connection) {
      return connection.channel();
    }
    throw Problem.of(ProblemCode.INTERNAL, "The connection gives no access to its pipeline.")
        .toException();
  }

  private SecretSplice splice(Channel channel, List<Injection> injections, Scrubber scrubber) {
    var splice = new SecretSplice(injections, scrubber, allocator, true);
    channel.config().setAllocator(allocator);
    channel.pipeline().addBefore(CODEC, "secret-splice", splice);
    return splice;
  }

  /** No server was reached, and nothing was sent. */
  private static final class UnreachedException extends IOException {
    private static final long serialVersionUID = 1;

    UnreachedException(Throwable cause) {
      super(cause);
    }

    String told() {
      for (Throwable one = getCause(); one != null; one = one.getCause()) {
        switch (one) {
          case ChitinException denied -> {
            return "its name stands for an address that may not be reached";
          }
          case ConnectTimeoutException late -> {
            return "no connection could be made in time";
          }
          case ConnectException refused -> {
            return "the connection was refused";
          }
          case SSLException tls -> {
            return "the TLS handshake failed";
          }
          case UnknownHostException unknown -> {
            return "its host name does not resolve";
          }
          default -> {
            // What it wraps may say more.
          }
        }
      }
      return "no connection could be made";
    }
  }

  /** Whether {@code failure} of {@link #send} means that no server was reached. */
  public static boolean isUnreached(Throwable failure) {
    return failure.getCause() instanceof UnreachedException;
  }

  private ChitinException silent() {
    return Problem.of(
            ProblemCode.LLM_PROVIDER_TIMEOUT,
            "The provider did not take the request or did not begin to answer in time.")
        .withHint("Ask again later, or raise " + settings + ".first_byte_ms.")
        .toException();
  }

  private static ChitinException cancelled() {
    return Problem.of(ProblemCode.CALL_CANCELLED, "It was cancelled before the request was sent.")
        .toException();
  }

  /** Why no answer came, without addresses or names of the host's network. */
  private ChitinException problem(Throwable failure) {
    ChitinException known = known(failure);
    if (known != null && known.code() != ProblemCode.POLICY_HOST_DENIED) {
      return known;
    }
    String kind =
        failure instanceof UnreachedException unreached
            ? unreached.told()
            : "the connection failed before an answer came";
    return Problem.of(ProblemCode.LLM_PROVIDER_FAILED, "The provider did not answer: " + kind + ".")
        .withHint(
            "Ask again later; the operator finds it under "
                + settings
                + " (base_url, ca), and the cause in the gateway's log.")
        .toException(failure);
  }

  /** A reset carries its reason as a cause. */
  private static @Nullable ChitinException known(Throwable failure) {
    for (Throwable one = failure; one != null; one = one.getCause()) {
      if (one instanceof ChitinException known) {
        return known;
      }
    }
    return null;
  }

  @Override
  public void close() {
    client.close().await();
  }
}
