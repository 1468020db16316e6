package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogPosition;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.sandbox.bwrap.SandboxProof;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import io.vertx.core.Future;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Proves this process's controls: sandbox, egress, vault and log. */
final class LocalDoctor implements Doctor {
  private static final Duration RECORD = Duration.ofSeconds(5);

  /** Addresses that no tool may reach unless the operator grants them. */
  private static final List<String> FORBIDDEN =
      List.of("127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fd00:ec2::254");

  private final Foundation foundation;
  private final Station station;
  private final GatewaySettings settings;

  LocalDoctor(Foundation foundation, Station station, GatewaySettings settings) {
    this.foundation = foundation;
    this.station = station;
    this.settings = settings;
  }

  @Override
  public Future<Report> examine() {
    List<Finding> findings = new ArrayList<>();
    return log()
        .onSuccess(findings::add)
        .compose(logged -> VaultProof.of(foundation))
        .onSuccess(findings::addAll)
        .compose(opened -> sandbox())
        .map(
            closed -> {
              findings.addAll(closed);
              findings.add(egress());
              findings.addAll(ProcessProof.findings());
              unprotected().ifPresent(findings::add);
              unmeasured().ifPresent(findings::add);
              return new Report(findings);
            });
  }

  /** Writes an entry, reads it back from disk and compares its hash. */
  private Future<Finding> log() {
    return foundation
        .audit()
        .append(
            new AuditEvent.Lifecycle("doctor", Version.CURRENT, "self-proof"),
            Deadline.after(RECORD))
        .compose(position -> foundation.vertx().executeBlocking(() -> readBack(position), false))
        .otherwise(
            failure ->
                new Finding(
                    "audit.durable",
                    Verdict.INERT,
                    ChitinException.from(failure).problem().detail()))
        .map(finding -> finding);
  }

  private Finding readBack(LogPosition position) {
    List<LogEntry> entries = foundation.log().reader().read(position.index(), 1);
    boolean same =
        entries.size() == 1
            && Digest.of(new byte[] {0}, entries.getFirst().json().borrow())
                .equals(position.leafHash());
    return same
        ? new Finding(
            "audit.durable", Verdict.PROVEN, "an entry was read back from disk with its hash")
        : new Finding("audit.durable", Verdict.INERT, "an entry did not come back from disk");
  }

  private Future<List<Finding>> sandbox() {
    Path directory = settings.home().run().resolve("sandbox");
    return new SandboxProof(station.bwrap(), directory)
        .run()
        .map(proofs -> proofs.stream().map(LocalDoctor::finding).toList());
  }

  private static Finding finding(SandboxProof.Finding proof) {
    Verdict verdict =
        switch (proof.state()) {
          case PROVEN -> Verdict.PROVEN;
          case DEGRADED -> Verdict.DEGRADED;
          case INERT -> Verdict.INERT;
        };
    return new Finding("sandbox." + proof.control(), verdict, proof.detail());
  }

  /** What the operator took out of the list that holds for policy and sandbox alike. */
  private Optional<Finding> unprotected() {
    List<String> names = settings.policy().writeProtection().unprotected();
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                "protected paths", Verdict.DEGRADED, String.join(", ", names) + " may be written"));
  }

  /** A control that strikes only where a mount is too large, and is given up there. */
  private Optional<Finding> unmeasured() {
    return settings.waive().contains(SandboxSettings.DISK_QUOTA)
        ? Optional.of(
            new Finding(
                "disk quota",
                Verdict.DEGRADED,
                "mounts that are too large to be measured are written without a limit"))
        : Optional.empty();
  }

  private Finding egress() {
    for (String address : FORBIDDEN) {
      try {
        if (station.snapshot().addresses().denied(InetAddress.getByName(address), 443).isEmpty()) {
          return new Finding(
              "egress.addresses", Verdict.INERT, "the address " + address + " is not denied");
        }
      } catch (UnknownHostException e) {
        return new Finding("egress.addresses", Verdict.INERT, address + " cannot be parsed");
      }
    }
    return new Finding(
        "egress.addresses",
        Verdict.PROVEN,
        "loopback, private, link-local and metadata addresses are denied");
  }
}
