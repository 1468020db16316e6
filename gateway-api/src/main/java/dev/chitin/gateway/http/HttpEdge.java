package dev.chitin.gateway.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Bus;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Doctor;
import dev.chitin.gateway.LogKeys;
import dev.chitin.gateway.Readiness;
import dev.chitin.gateway.auth.AuthFailures;
import dev.chitin.gateway.auth.Authenticator;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.KeyOperations;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.RunningCalls;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.rate.RateLimits;
import dev.chitin.gateway.session.SessionTable;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.Vault;
import dev.chitin.vault.VaultAdministration;
import dev.chitin.vault.scrub.LiveSecrets;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the routes work with; the same for each verticle of the edge.
 *
 * @param keys what an administrator does with keys, by who does it; for the administration socket
 *     alone
 * @param calls those that go on without their clients
 * @param idempotency keys that were used
 * @param watch ends what hangs on a credential with it
 * @param revoked to be told when a credential was revoked
 * @param limits buckets of this node
 * @param connections counts those of all verticles
 * @param vaultAdministration for the administration socket alone
 * @param vaultKey the vault's key file
 * @param logKeys signs the log; for the administration socket alone
 * @param doctor proves the controls on demand
 * @param reads reads the audit log
 * @param search finds its entries
 * @param streams shows them live
 * @param metrics gives the metrics in the text format of Prometheus
 * @param live takes secrets that leak out of answers
 * @param llm carries requests to model providers
 * @param observer sees requests come and go
 * @param reload has the configuration read again
 */
public record HttpEdge(
    Bus bus,
    EdgeSettings settings,
    ToolRegistry registry,
    RunningCalls executor,
    Vault vault,
    VaultAdministration vaultAdministration,
    Supplier<KeyFile> vaultKey,
    LogKeys logKeys,
    AuditLog audit,
    Function<String, KeyOperations> keys,
    Authenticator authenticator,
    AuthFailures failures,
    CredentialWatch watch,
    SessionTable sessions,
    Runnable revoked,
    CallAdmission admission,
    TrackedCalls calls,
    IdempotencyKeys idempotency,
    RateLimits limits,
    Connections connections,
    Readiness readiness,
    Doctor doctor,
    AuditReads reads,
    AuditSearch search,
    AuditStreams streams,
    Supplier<String> metrics,
    LiveSecrets live,
    LlmService llm,
    RequestObserver observer,
    Reload reload) {

  /** Reads the configuration again and says what came of it. Blocks. */
  @FunctionalInterface
  public interface Reload {
    /**
     * Reads it.
     *
     * @param actor who wants it
     * @throws dev.chitin.bus.ChitinException when it is refused, with why
     */
    JsonValue.Obj run(String actor);
  }

  /** The same with other settings and buckets. */
  public HttpEdge with(EdgeSettings settings, RateLimits limits) {
    return new HttpEdge(
        bus,
        settings,
        registry,
        executor,
        vault,
        vaultAdministration,
        vaultKey,
        logKeys,
        audit,
        keys,
        authenticator,
        failures,
        watch,
        sessions,
        revoked,
        admission,
        calls,
        idempotency,
        limits,
        connections,
        readiness,
        doctor,
        reads,
        search,
        streams,
        metrics,
        live,
        llm,
        observer,
        reload);
  }
}
