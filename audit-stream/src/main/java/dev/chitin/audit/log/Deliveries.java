package dev.chitin.audit.log;

import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Completes the promises of settled entries where their callers wait, never on the writer: one task
 * for each context and batch, in the order of the log. Callers on threads without a context are
 * answered on one thread kept for them, and must not block it. Callers whose threads stand still
 * are woken at once: what they do then, they do on their own threads.
 */
final class Deliveries implements AutoCloseable {
  private final AppendQueue queue;
  private final ExecutorService others =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("chitin-audit-answers").factory());

  Deliveries(AppendQueue queue) {
    this.queue = queue;
  }

  /** Hands out answers; the entries leave the queue's bounds when their callers have them. */
  void answer(List<Append> settled) {
    deliver(
        settled,
        answers -> {
          queue.release(answers);
          answers.forEach(Append::deliver);
        });
  }

  /**
   * Hands out refusals of entries that the writer still has before it: they count against the
   * queue's bounds until it has dealt with them.
   */
  void refuse(List<Append> settled) {
    deliver(settled, answers -> answers.forEach(Append::deliver));
  }

  private void deliver(List<Append> settled, Consumer<List<Append>> completion) {
    var byContext = new IdentityHashMap<ContextInternal, List<Append>>();
    List<Append> homeless = new ArrayList<>();
    List<Append> awaited = new ArrayList<>();
    for (Append append : settled) {
      ContextInternal home = append.home();
      if (append.isAwaited()) {
        awaited.add(append);
      } else if (home == null) {
        homeless.add(append);
      } else {
        byContext.computeIfAbsent(home, c -> new ArrayList<>()).add(append);
      }
    }
    byContext.forEach((context, answers) -> runOn(context, () -> completion.accept(answers)));
    if (!homeless.isEmpty()) {
      others.execute(() -> completion.accept(homeless));
    }
    if (!awaited.isEmpty()) {
      completion.accept(awaited);
    }
  }

  private void runOn(ContextInternal context, Runnable completion) {
    try {
      context.runOnContext(nothing -> completion.run());
    } catch (RejectedExecutionException e) {
      others.execute(completion); // The caller's event loop has ended.
    }
  }

  /** Ends after the answers handed in before. */
  @Override
  public void close() {
    others.close();
  }
}
