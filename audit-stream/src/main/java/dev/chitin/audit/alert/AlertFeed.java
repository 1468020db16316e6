package dev.chitin.audit.alert;

import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.EntryReader;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the durable entries of a log to the rules, reading behind its writer, which knows nothing
 * of it; records what they raise; and hands each alert that has become durable on. After a crash it
 * goes on where its file says, and does not raise again what the log has already; alerts are then
 * handed on once more, under the same {@code uid}.
 */
public final class AlertFeed extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(AlertFeed.class);
  private static final long LOOK_MILLIS = 250;
  private static final long HEALTH_MILLIS = 10_000;
  private static final long STORE_MILLIS = 10_000;
  private static final int PAGE = 1_024;
  private static final int MOST_LEARNED = 131_072;
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final AuditLog audit;
  private final AlertEngine engine;
  private final AlertState state;
  private final Supplier<LogHealth> health;
  private final Consumer<LogEntry> raised;
  private final Clock clock;
  private final EntryReader reader;
  private final Set<String> recorded = new HashSet<>();
  private final long storeMillis;
  private volatile long position;
  private long stored = -1;
  private long storedAt;
  private long lookedAt;
  private long pausedUntil;
  private boolean behind;
  private boolean stopped;
  private Future<?> running = Future.succeededFuture();
  private @Nullable WorkerExecutor thread;

  /** Keeps its state every 10 s; see the other constructor. */
  public AlertFeed(
      Path directory,
      String origin,
      AuditLog audit,
      AlertEngine engine,
      Path file,
      Supplier<LogHealth> health,
      Consumer<LogEntry> raised) {
    this(
        directory,
        audit,
        engine,
        new AlertState(file, origin),
        health,
        raised,
        Clock.systemUTC(),
        STORE_MILLIS);
  }

  /**
   * @param directory where the log lies
   * @param audit records the alerts
   * @param state what is kept between two runs
   * @param health how the log stands now
   * @param raised takes each durable alert, on the event loop
   * @param storeMillis least time between two times of keeping the state
   */
  AlertFeed(
      Path directory,
      AuditLog audit,
      AlertEngine engine,
      AlertState state,
      Supplier<LogHealth> health,
      Consumer<LogEntry> raised,
      Clock clock,
      long storeMillis) {
    this.audit = audit;
    this.engine = engine;
    this.state = state;
    this.health = health;
    this.raised = raised;
    this.clock = clock;
    this.storeMillis = storeMillis;
    this.reader = new EntryReader(directory);
  }

  /** What one page of entries came to. */
  private record Page(int entries, long next, List<AlertRaised> found, List<LogEntry> alerts) {}

  /** How many durable entries were not looked at yet. */
  public long lag() {
    return Math.max(0, health.get().size() - position);
  }

  @Override
  public Future<?> start() {
    thread =
        vertx.createSharedWorkerExecutor("chitin-alerts-" + deploymentID(), 1, 5, TimeUnit.MINUTES);
    long size = health.get().size();
    running = work(() -> begin(size));
    vertx.setPeriodic(LOOK_MILLIS, due -> look());
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    WorkerExecutor open = thread;
    if (open == null) {
      return Future.succeededFuture();
    }
    return running
        .eventually(() -> work(this::keep))
        .onFailure(failure -> LOG.warn("what alerts know was not kept", failure))
        .otherwiseEmpty()
        .eventually(open::close);
  }

  private <T> Future<T> work(Callable<T> task) {
    WorkerExecutor open = thread;
    if (open == null) {
      return Future.failedFuture("not started");
    }
    return open.executeBlocking(task, true).map(result -> Objects.requireNonNull(result));
  }

  /** Finds where to go on, and what the log says already of what comes then. */
  private Boolean begin(long size) throws IOException, LogDamage {
    OptionalLong known = state.load(engine);
    boolean goOn = known.isPresent() && known.getAsLong() <= size;
    long from = goOn ? known.getAsLong() : Math.max(0, size - MOST_LEARNED);
    for (long at = from; at < size; ) {
      List<LogEntry> entries = reader.read(at, (int) Math.min(PAGE, size - at), size);
      if (entries.isEmpty()) {
        break;
      }
      for (LogEntry entry : entries) {
        if (!goOn) {
          engine.learn(entry);
        } else {
          Observed seen = Observed.of(entry);
          if (seen.isAlert() && recorded.size() < MOST_LEARNED) {
            recorded.add(key(seen));
          }
        }
      }
      at = entries.getLast().index() + 1;
    }
    position = goOn ? from : size;
    return true;
  }

  private void look() {
    if (!stopped && running.isComplete() && clock.millis() >= pausedUntil) {
      running = page().onSuccess(this::goOn).onFailure(this::pause);
    }
  }

  private void pause(Throwable failure) {
    pausedUntil = clock.millis() + HEALTH_MILLIS;
    if (!behind) {
      behind = true;
      LOG.warn("alerts do not follow the audit log", failure);
    }
  }

  private void goOn(Object followed) {
    if (behind) {
      behind = false;
      LOG.info("alerts follow the audit log again");
    }
  }

  private Future<?> page() {
    return work(this::read).compose(this::raise);
  }

  private Page read() throws IOException, LogDamage {
    var found = new ArrayList<AlertRaised>(0);
    var alerts = new ArrayList<LogEntry>(0);
    long now = clock.millis();
    LogHealth log = health.get();
    if (Math.abs(now - lookedAt) >= HEALTH_MILLIS) {
      lookedAt = now;
      found.addAll(engine.look(log, now));
    }
    List<LogEntry> entries =
        position < log.size() ? reader.read(position, PAGE, log.size()) : List.of();
    for (LogEntry entry : entries) {
      Observed seen = Observed.of(entry);
      if (seen.isAlert()) {
        alerts.add(entry);
      }
      for (AlertRaised alert : engine.observe(seen)) {
        if (!recorded.remove(key(alert.alert(), alert.lastIndex()))) {
          found.add(alert);
        }
      }
    }
    if (entries.isEmpty() && position != stored && Math.abs(now - storedAt) >= storeMillis) {
      keep();
    }
    return new Page(
        entries.size(),
        entries.isEmpty() ? position : entries.getLast().index() + 1,
        found,
        alerts);
  }

  /** Only what is recorded is behind it: an alert that was lost in a crash is raised anew. */
  private Future<?> raise(Page page) {
    return Future.join(page.found().stream().map(this::record).toList())
        .otherwiseEmpty()
        .compose(
            done -> {
              position = page.next();
              page.alerts().forEach(raised);
              return page.entries() == PAGE && !stopped ? page() : Future.succeededFuture();
            });
  }

  private Future<?> record(AlertRaised alert) {
    LOG.warn("ALERT {} ({}): {}", alert.alert(), alert.severity(), alert.subject());
    return audit
        .append(alert, Deadline.after(RECORD))
        .onFailure(failure -> LOG.error("an alert was not recorded: {}", alert.alert(), failure));
  }

  private Boolean keep() throws IOException {
    state.store(engine, position);
    stored = position;
    storedAt = clock.millis();
    return true;
  }

  private static String key(Observed alert) {
    return key(alert.text("alert"), alert.number("last_index"));
  }

  private static String key(String alert, long index) {
    return alert + '\n' + index;
  }
}
