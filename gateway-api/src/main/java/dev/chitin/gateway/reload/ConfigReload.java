package dev.chitin.gateway.reload;

import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ConfigChange;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.ConfigFault;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.http.HttpEdge;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again and takes all of it over, or nothing: a file that is not sound, and
 * a change of a key that only a start can make, leave the old one in force and say why. A change is
 * recorded before it takes effect; without a record it does not. Blocks; one at a time.
 */
public final class ConfigReload implements HttpEdge.Reload {
  /**
   * Keys, and sections with all that is in them, that can change while calls run. Tools, policy and
   * what is opened at the start are not among them: a call must see one set of them from its
   * validation to its record.
   */
  static final List<String> LIVE =
      List.of(
          "gateway.rate_limit",
          "gateway.cors_origins",
          "gateway.hosts",
          "gateway.limits.body_bytes",
          "gateway.limits.body_timeout_ms",
          "gateway.limits.calls_per_principal",
          "gateway.log_format",
          "gateway.access_log");

  private static final Logger LOG = LoggerFactory.getLogger(ConfigReload.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ConfigSource source;
  private final AuditLog audit;
  private final Applier applier;
  private final AtomicLong applied = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private Configuration current;
  private boolean fileWasThere;
  private volatile @Nullable String refusal;

  /** Puts a checked configuration into effect, in two steps. */
  @FunctionalInterface
  public interface Applier {
    /**
     * Checks all of it and gets everything ready; what is returned puts it into effect and cannot
     * fail.
     *
     * @throws ChitinException when it is not sound
     */
    Step prepare(Configuration next);

    /** Puts it into effect. */
    @FunctionalInterface
    interface Step {
      Future<?> apply();
    }
  }

  public ConfigReload(ConfigSource source, AuditLog audit, Applier applier) {
    this.source = source;
    this.audit = audit;
    this.applier = applier;
    this.current = source.loaded();
    this.fileWasThere = Files.exists(source.file());
  }

  /** The digest of a configuration as the log names it. */
  public static Digest digest(Configuration configuration) {
    return Digest.of(CanonicalJson.bytes(configuration.document()));
  }

  @Override
  public synchronized JsonValue.Obj run(String actor) {
    Configuration next;
    try {
      next = load();
    } catch (ConfigException e) {
      throw refuse(
          faults(ProblemCode.CONFIG_INVALID, "The configuration is not valid:", e.faults()),
          Digest.ofUtf8(String.valueOf(e.getMessage())),
          actor,
          List.of());
    }
    List<ConfigDiff.Change> changes = ConfigDiff.of(current.document(), next.document());
    if (changes.isEmpty()) {
      takenAsItIs();
      return JsonValue.object().put("outcome", "unchanged").put("keys", List.of()).build();
    }
    List<String> keys = changes.stream().map(ConfigDiff.Change::key).toList();
    Applier.Step step;
    try {
      step = check(next, keys);
    } catch (ChitinException e) {
      throw refuse(e.problem(), digest(next), actor, keys);
    }
    await(
        audit.append(
            new ConfigChange(
                digest(current), digest(next), actor, some(keys), ConfigChange.APPLIED),
            Deadline.after(PATIENCE)));
    await(step.apply());
    current = next;
    refusal = null;
    applied.incrementAndGet();
    LOG.info("the configuration was changed by {}: {}", actor, changes);
    return JsonValue.object()
        .put("outcome", ConfigChange.APPLIED)
        .put("keys", keys)
        .put("digest", digest(next).toString())
        .build();
  }

  /** A file that is gone is none that says the defaults: it may be about to be replaced. */
  private Configuration load() throws ConfigException {
    boolean there = Files.exists(source.file());
    if (fileWasThere && !there) {
      throw new ConfigException(
          List.of(
              new ConfigFault(
                  source.file().toString(),
                  "",
                  "is gone; put it back, or restart to go on with the defaults")));
    }
    Configuration next = source.load();
    fileWasThere = there;
    return next;
  }

  private Applier.Step check(Configuration next, List<String> keys) {
    if (!next.notBuilt().isEmpty()) {
      throw faults(
              ProblemCode.CONFIG_NOT_BUILT,
              "The gateway takes over no control that it cannot enforce:",
              next.notBuilt())
          .toException();
    }
    List<String> restart = keys.stream().filter(key -> !isLive(key)).toList();
    if (!restart.isEmpty()) {
      throw Problem.of(
              ProblemCode.CONFIG_NEEDS_RESTART,
              "A change of " + String.join(", ", some(restart)) + " needs a restart.")
          .withRule(restart.getFirst())
          .withHint("Restart the gateway, or take the change back; nothing was taken over.")
          .toException();
    }
    return applier.prepare(next);
  }

  static boolean isLive(String key) {
    return LIVE.stream().anyMatch(live -> key.equals(live) || key.startsWith(live + "."));
  }

  private ChitinException refuse(Problem problem, Digest digest, String actor, List<String> keys) {
    refused.incrementAndGet();
    String why = problem.detail().replaceAll("\\n +", " ");
    refusal = why;
    LOG.warn("the configuration in force stays: {}", why);
    audit
        .append(
            new ConfigChange(digest(current), digest, actor, some(keys), problem.code().code()),
            Deadline.after(PATIENCE))
        .onFailure(failure -> LOG.warn("a refused configuration was not recorded", failure));
    return problem.toException();
  }

  private static List<String> some(List<String> keys) {
    return keys.size() <= ConfigChange.MAX_KEYS ? keys : keys.subList(0, ConfigChange.MAX_KEYS);
  }

  private static Problem faults(ProblemCode code, String title, List<ConfigFault> faults) {
    var detail = new StringBuilder(title);
    faults.forEach(fault -> detail.append("\n  ").append(fault));
    return Problem.of(code, detail.toString())
        .withHint("The configuration that was in force still is.");
  }

  private static void await(Future<?> future) {
    try {
      future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw late().toException(e);
    } catch (ExecutionException e) {
      throw ChitinException.from(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw late().toException(e);
    }
  }

  private static Problem late() {
    return Problem.of(
            ProblemCode.GATEWAY_OVERLOADED, "The change of configuration did not end in time.")
        .withHint("Look at the log, and ask again.");
  }

  /** The file says again what is in force. */
  private void takenAsItIs() {
    if (refusal != null) {
      refusal = null;
      LOG.info("the configuration in the file is the one in force again");
    }
  }

  /** Why the file is not what is in force, and what the next start meets; empty when it is. */
  public Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  /** How often it was changed. */
  public long applied() {
    return applied.get();
  }

  /** How often a change was refused. */
  public long refused() {
    return refused.get();
  }
}
