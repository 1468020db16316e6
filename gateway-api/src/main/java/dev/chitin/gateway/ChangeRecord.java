package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.ConfigChange;
import dev.chitin.audit.PolicyChange;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventIndex;
import dev.chitin.audit.query.EventPage;
import dev.chitin.audit.query.EventQuery;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Records at a start that configuration or policy are not what the log last said of them. The log
 * knows the digests; which keys changed is told by a file of their digests, which counts only when
 * it is of the configuration that the log names. Blocks.
 */
final class ChangeRecord {
  private static final Duration RECORD = Duration.ofSeconds(5);
  private static final String ACTOR = "start";

  private final Foundation foundation;
  private final ConfigState config;
  private final Path directory;
  private final Path file;

  ChangeRecord(Foundation foundation, GatewaySettings settings) {
    this.foundation = foundation;
    this.config = settings.audit().config();
    this.directory = settings.home().audit();
    this.file = settings.home().run().resolve("config.digests");
  }

  /**
   * Records what changed.
   *
   * @param policy digest of the policy in force
   */
  void atStart(Digest policy) {
    try (EventIndex index = EventIndex.open(directory)) {
      Optional<Digest> before = last(index, "ConfigChange");
      if (!before.equals(Optional.of(config.digest()))) {
        append(
            new ConfigChange(
                before.orElse(null),
                config.digest(),
                ACTOR,
                before.map(known -> config.changedSince(stored(known))).orElse(List.of()),
                ConfigChange.APPLIED));
      }
      store();
      Optional<Digest> rules = last(index, "PolicyChange");
      if (!rules.equals(Optional.of(policy))) {
        append(
            new PolicyChange(rules.orElse(null), policy, ACTOR, List.of(), PolicyChange.APPLIED));
      }
    } catch (IOException e) {
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log cannot be searched.")
          .withHint("Check the owner of the audit directory and of run in Chitin's home.")
          .toException(e);
    } catch (LogDamage e) {
      throw e.fault().toException();
    }
  }

  /** What the log last said was applied; nothing when it says so too far back to be found. */
  private Optional<Digest> last(EventIndex index, String kind) throws IOException, LogDamage {
    var query =
        new EventQuery(
            directory, index, EventFilter.ALL.kind(kind).code(ConfigChange.APPLIED), 1, true);
    EventPage page = query.page(OptionalLong.empty());
    return page.found().stream()
        .findFirst()
        .map(EventPage.Found::members)
        .flatMap(entry -> text(entry, "new_digest"))
        .map(Digest::parse);
  }

  private static Optional<String> text(Obj entry, String name) {
    return entry.get(name) instanceof Str text ? Optional.of(text.value()) : Optional.empty();
  }

  private void append(AuditEvent event) {
    foundation.audit().append(event, Deadline.after(RECORD)).await();
  }

  private Map<String, Digest> stored(Digest known) {
    Map<String, Digest> keys = new TreeMap<>();
    try {
      if (Files.exists(file)
          && StrictJson.parse(Files.readAllBytes(file)) instanceof Obj state
          && text(state, "digest").equals(Optional.of(known.toString()))
          && state.get("keys") instanceof Obj digests) {
        digests
            .members()
            .forEach(
                (key, value) -> {
                  if (value instanceof Str text) {
                    keys.put(key, Digest.parse(text.value()));
                  }
                });
      }
    } catch (IOException | JsonSyntaxException | IllegalArgumentException e) {
      return Map.of(); // All keys are named then.
    }
    return keys;
  }

  private void store() throws IOException {
    JsonValue.Builder keys = JsonValue.object();
    config.keys().forEach((key, digest) -> keys.put(key, digest.toString()));
    Obj state =
        JsonValue.object()
            .put("digest", config.digest().toString())
            .put("keys", keys.build())
            .build();
    Files.write(file, CanonicalJson.bytes(state));
  }
}
