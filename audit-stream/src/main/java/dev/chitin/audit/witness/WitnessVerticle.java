package dev.chitin.audit.witness;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves a witness over HTTP: {@code POST /add-checkpoint}, and nothing else. */
public final class WitnessVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(WitnessVerticle.class);
  private static final int MOST_AT_ONCE = 64;
  private static final long BODY_MILLIS = TimeUnit.SECONDS.toMillis(10);

  private final Witness witness;
  private final String host;
  private final int port;
  private int running;
  private int actualPort;

  /**
   * @param port where to listen; 0 picks a free one
   */
  public WitnessVerticle(Witness witness, String host, int port) {
    this.witness = witness;
    this.host = host;
    this.port = port;
  }

  /** The port that is listened on, once started. */
  public int actualPort() {
    return actualPort;
  }

  @Override
  public Future<?> start() {
    var options = new HttpServerOptions().setIdleTimeout(30).setHttp2ClearTextEnabled(false);
    return vertx
        .createHttpServer(options)
        .requestHandler(this::handle)
        .listen(port, host)
        .onSuccess(server -> actualPort = server.actualPort());
  }

  private void handle(HttpServerRequest request) {
    if (!"/add-checkpoint".equals(request.path())) {
      end(request, 404, "there is add-checkpoint here, and nothing else\n");
    } else if (!HttpMethod.POST.equals(request.method())) {
      request.response().putHeader("allow", "POST");
      end(request, 405, "POST a checkpoint\n");
    } else if (running >= MOST_AT_ONCE) {
      end(request, 503, "too many requests\n");
    } else {
      running++;
      read(request)
          .compose(body -> vertx.executeBlocking(() -> witness.add(body), true))
          .onComplete(
              done -> {
                running--;
                if (done.succeeded()) {
                  answer(request, done.result());
                } else {
                  LOG.error("a checkpoint was not witnessed", done.cause());
                  end(request, 500, "the witness failed\n");
                }
              });
    }
  }

  private Future<byte[]> read(HttpServerRequest request) {
    Buffer body = Buffer.buffer();
    Promise<byte[]> whole = Promise.promise();
    long timer = vertx.setTimer(BODY_MILLIS, late -> request.connection().close());
    request.handler(
        part -> {
          // Beyond the bound the rest is read and dropped: one byte more makes it malformed.
          int room = Submission.MAX_BYTES + 1 - body.length();
          body.appendBuffer(part, 0, Math.min(part.length(), Math.max(0, room)));
        });
    request.endHandler(end -> whole.tryComplete(body.getBytes()));
    request.exceptionHandler(whole::tryFail);
    return whole.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  private static void answer(HttpServerRequest request, Witness.Answer answer) {
    if (answer.status() == 409) {
      request.response().putHeader("content-type", "text/x.tlog.size");
    }
    end(request, answer.status(), answer.body());
  }

  private static void end(HttpServerRequest request, int status, String body) {
    if (!request.response().ended() && !request.response().closed()) {
      request.response().setStatusCode(status).end(body);
    }
  }
}
