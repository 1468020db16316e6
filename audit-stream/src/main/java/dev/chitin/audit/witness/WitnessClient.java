package dev.chitin.audit.witness;

import dev.chitin.audit.PublishedLog;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.log.Publication;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Digest;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets the log's checkpoints cosigned: after each one request, never two at once. A witness that
 * does not answer is asked again with growing pauses, in which no new checkpoint is brought. One
 * that refuses is not asked again before the next start: it saw another tree under this log's key,
 * and somebody has to find out why.
 */
public final class WitnessClient extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(WitnessClient.class);
  private static final long TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(10);
  private static final long FIRST_PAUSE_MILLIS = 500;
  private static final long LONGEST_PAUSE_MILLIS = TimeUnit.SECONDS.toMillis(60);
  private static final int MAX_ANSWER = SignedNote.MAX_BYTES;

  private final Publication publication;
  private final PublishedLog log;
  private final VerifierKey witness;
  private final String url;
  private @Nullable HttpClient client;
  private boolean busy;
  private boolean pausing;
  private long known;
  private long pauseMillis = FIRST_PAUSE_MILLIS;
  private volatile @Nullable String refusal;
  private volatile @Nullable String failing;

  /** The witness's answer. */
  private record Reply(int status, Buffer body) {}

  /**
   * @param witness its key, of the type of cosignatures
   * @param prefix submission prefix, {@code http} or {@code https}
   */
  public WitnessClient(
      Publication publication, PublishedLog log, VerifierKey witness, String prefix) {
    this.publication = publication;
    this.log = log;
    this.witness = witness;
    this.url = prefix.replaceFirst("/+$", "") + "/add-checkpoint";
  }

  /**
   * What the witness does instead of cosigning, {@code refuses: …} when it is asked nothing any
   * more, as the log that it saw was another one; empty when it cosigned last.
   */
  public Optional<String> trouble() {
    return Optional.ofNullable(refusal)
        .map(why -> "refuses: " + why)
        .or(() -> Optional.ofNullable(failing).map(why -> "does not cosign: " + why));
  }

  @Override
  public Future<?> start() {
    client = vertx.createHttpClient(new HttpClientOptions().setConnectTimeout(5_000));
    known = publication.cosigned().map(c -> c.tree().size()).orElse(0L);
    publication.onCheckpoint(() -> context.runOnContext(nothing -> next()));
    next();
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    publication.onCheckpoint(() -> {});
    busy = true;
    return client == null ? Future.succeededFuture() : client.close();
  }

  private void next() {
    Optional<Published> latest = publication.latest();
    if (busy || pausing || refusal != null || latest.isEmpty() || isCosigned(latest.get())) {
      return;
    }
    busy = true;
    ask(latest.get())
        .onComplete(
            done -> {
              busy = false;
              if (done.succeeded()) {
                answered();
                next();
              } else if (refusal == null) {
                failed(String.valueOf(done.cause().getMessage()));
              }
            });
  }

  private void answered() {
    pauseMillis = FIRST_PAUSE_MILLIS;
    if (failing != null) {
      failing = null;
      LOG.info("the witness {} answers again", url);
    }
  }

  /** Told once for each cause: a witness may be away for days. */
  private void failed(String why) {
    if (!why.equals(failing)) {
      failing = why;
      LOG.warn("the witness {} did not cosign: {}", url, why);
    }
    pausing = true;
    vertx.setTimer(
        pauseMillis,
        later -> {
          pausing = false;
          next();
        });
    pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
  }

  private boolean isCosigned(Published latest) {
    return publication.cosigned().filter(c -> c.tree().equals(latest.tree())).isPresent();
  }

  private Future<Boolean> ask(Published latest) {
    long old = known;
    if (old > latest.tree().size()) {
      return refused("it has seen " + old + " entries, and the log has " + latest.tree().size());
    }
    return vertx
        .executeBlocking(() -> submission(old, latest), true)
        .compose(this::post)
        .compose(reply -> judge(reply, old, latest));
  }

  private byte[] submission(long old, Published latest) throws java.io.IOException {
    List<Digest> proof = log.consistency(old, latest.tree().size());
    return new Submission(old, proof, latest.note()).bytes();
  }

  private Future<Reply> post(byte[] body) {
    HttpClient open = client;
    if (open == null) {
      return Future.failedFuture("the client is not started");
    }
    var options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(url)
            .setFollowRedirects(false)
            .setTimeout(TIMEOUT_MILLIS)
            .setIdleTimeout(TIMEOUT_MILLIS);
    return open.request(options)
        .compose(request -> request.send(Buffer.buffer(body)))
        .compose(WitnessClient::whole);
  }

  /** The body of an answer; one that is too long ends the connection. */
  private static Future<Reply> whole(HttpClientResponse response) {
    Buffer body = Buffer.buffer();
    response.handler(
        part -> {
          if (body.length() + part.length() > MAX_ANSWER) {
            response.request().connection().close();
          } else {
            body.appendBuffer(part);
          }
        });
    return response.end().map(end -> new Reply(response.statusCode(), body));
  }

  private Future<Boolean> judge(Reply reply, long old, Published latest) {
    return switch (reply.status()) {
      case 200 -> keep(reply.body(), latest);
      case 409 -> conflict(reply.body().toString(StandardCharsets.UTF_8).strip(), old, latest);
      case 403 ->
          refused(
              "it knows no key that signed the checkpoint of "
                  + latest.tree().size()
                  + " entries: after a rotation give it the log's new key (chitin audit witness"
                  + " --log) and start the gateway again");
      case 404, 422 ->
          refused("it answered " + reply.status() + " to a checkpoint of " + latest.tree().size());
      default -> Future.failedFuture("it answered " + reply.status());
    };
  }

  private Future<Boolean> conflict(String body, long old, Published latest) {
    try {
      long size = Checkpoint.number(body);
      if (size == old) {
        return refused("it knows another tree of " + size + " entries: the log was forked");
      }
      if (size > latest.tree().size()) {
        return refused(
            "it has seen "
                + size
                + " entries, and the log has "
                + latest.tree().size()
                + ": the log was put back");
      }
      known = size;
      return Future.succeededFuture(Boolean.TRUE);
    } catch (NoteSyntaxException e) {
      return Future.failedFuture("its conflict names no size");
    }
  }

  private Future<Boolean> keep(Buffer body, Published latest) {
    var lines = new ArrayList<SignedNote.Line>();
    byte[] text = latest.note().text().getBytes(StandardCharsets.UTF_8);
    try {
      for (String line : body.toString(StandardCharsets.UTF_8).split("\n", -1)) {
        if (!line.isEmpty()) {
          SignedNote.Line read = SignedNote.Line.parse(line);
          if (read.isBy(witness) && witness.verifies(text, read.signature().borrow())) {
            lines.add(read);
          }
        }
      }
    } catch (NoteSyntaxException e) {
      return Future.failedFuture("its answer is no signature: " + e.getMessage());
    }
    if (lines.isEmpty()) {
      return Future.failedFuture("no signature in its answer verifies under " + witness);
    }
    var witnessed = new Published(latest.tree(), latest.note().with(lines.subList(0, 1)));
    return vertx
        .executeBlocking(
            () -> {
              publication.cosigned(witnessed);
              return true;
            },
            true)
        .map(stored -> Boolean.TRUE)
        .onSuccess(stored -> known = latest.tree().size());
  }

  private Future<Boolean> refused(String why) {
    refusal = why;
    LOG.error("ALARM: the witness {} refuses the audit log: {}", url, why);
    return Future.failedFuture(why);
  }
}
