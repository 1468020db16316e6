package dev.chitin.gateway.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Bus;
import dev.chitin.gateway.Doctor;
import dev.chitin.gateway.Readiness;
import dev.chitin.gateway.auth.AuthFailures;
import dev.chitin.gateway.auth.Authenticator;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.rate.RateLimits;
import dev.chitin.gateway.session.SessionTable;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.vault.Vault;
import java.util.function.Supplier;

/**
 * What the routes work with; the same for each verticle of the edge.
 *
 * @param watch ends what hangs on a credential with it
 * @param revoked to be told when a credential was revoked
 * @param limits buckets of this node
 * @param connections counts those of all verticles
 * @param doctor proves the controls on demand
 * @param metrics gives the metrics in the text format of Prometheus
 */
public record HttpEdge(
    Bus bus,
    EdgeSettings settings,
    ToolRegistry registry,
    ToolExecutor executor,
    Vault vault,
    AuditLog audit,
    KeyStore keys,
    Authenticator authenticator,
    AuthFailures failures,
    CredentialWatch watch,
    SessionTable sessions,
    Runnable revoked,
    CallAdmission admission,
    RateLimits limits,
    Connections connections,
    Readiness readiness,
    Doctor doctor,
    Supplier<String> metrics) {}
