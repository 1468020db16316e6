package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Reads one answer of a provider piece by piece, listens to what it cost, and ends it when it is
 * silent for too long. Used on one event loop.
 */
final class AnswerReader {
  private final Vertx vertx;
  private final RelayedAnswer answer;
  private final boolean events;
  private final UsageTap tap;
  private final ProviderSettings provider;
  private final long idleMillis;
  private final MessageDigest digest = sha256();
  private final Promise<Void> whole = Promise.promise();
  private long bytes;
  private long lastNanos = System.nanoTime();
  private boolean held;
  private long timer;

  AnswerReader(
      Vertx vertx, RelayedAnswer answer, boolean events, int choices, ProviderSettings provider) {
    this.vertx = vertx;
    this.answer = answer;
    this.events = events;
    this.provider = provider;
    this.idleMillis = provider.idleMillis();
    this.tap = new UsageTap(events, choices);
  }

  /**
   * Reads it to its end.
   *
   * @param taker gets each piece, none of them empty
   * @return fails with why it did not come whole
   */
  Future<Void> read(Consumer<byte[]> taker) {
    timer = vertx.setTimer(idleMillis, late -> look());
    answer.begin(
        piece -> take(piece.getBytes(), taker), this::end, broken -> over(brokenOff(broken)));
    return whole.future().onComplete(over -> vertx.cancelTimer(timer));
  }

  /** Where the connection ends, the answer need not: a stream says itself when it is whole. */
  private void end() {
    tap.end();
    if (answer.status() >= 300 || tap.ended()) {
      whole.tryComplete();
    } else {
      whole.tryFail(cut().toException());
    }
  }

  /** What ends a stream that has said that it is whole takes nothing of it. */
  private void over(ChitinException reason) {
    if (events && tap.ended()) {
      whole.tryComplete();
    } else {
      whole.tryFail(reason);
    }
  }

  private void take(byte[] piece, Consumer<byte[]> taker) {
    lastNanos = System.nanoTime();
    if (piece.length == 0 || whole.future().isComplete()) {
      return;
    }
    bytes += piece.length;
    digest.update(piece);
    tap.take(piece);
    taker.accept(piece);
  }

  /** Lets the provider wait; while it does, it is not the one that is silent. */
  void hold() {
    held = true;
    answer.pause();
  }

  /** Goes on after {@link #hold}. */
  void release() {
    held = false;
    lastNanos = System.nanoTime();
    answer.resume();
  }

  private void look() {
    long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastNanos);
    if (!held && idle >= idleMillis) {
      leave(
          Problem.of(
                  ProblemCode.LLM_PROVIDER_TIMEOUT,
                  "The provider said nothing for " + idleMillis + " ms.")
              .withHint("Ask again; the limit is " + provider.key("idle_ms") + ".")
              .toException());
    } else if (!whole.future().isComplete()) {
      timer = vertx.setTimer(Math.max(1, held ? idleMillis : idleMillis - idle), late -> look());
    }
  }

  /** Ends it from this side; a stream whose last event has come is whole all the same. */
  void leave(ChitinException reason) {
    answer.reset();
    over(reason);
  }

  /** Ends it from this side, whatever has come. */
  void stop(ChitinException reason) {
    answer.reset();
    whole.tryFail(reason);
  }

  int status() {
    return answer.status();
  }

  Usage usage() {
    return tap.usage();
  }

  /** Whether the provider failed after it had begun. */
  boolean failed() {
    return tap.failed();
  }

  /** Bytes that came. */
  long bytes() {
    return bytes;
  }

  /** Over the bytes that came; asked for once. */
  Digest digest() {
    return Digest.ofBytes(digest.digest());
  }

  private static ChitinException brokenOff(Throwable broken) {
    return broken instanceof ChitinException known ? known : cut().toException(broken);
  }

  private static Problem cut() {
    return Problem.of(
            ProblemCode.LLM_PROVIDER_FAILED, "The provider broke off in the middle of its answer.")
        .withHint("Ask again; what came so far may have been charged.");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
