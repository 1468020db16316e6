package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.gateway.AuditOptions.WitnessOptions;
import dev.chitin.sandbox.bwrap.SandboxProof;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Proves this process's controls: sandbox, egress, vault and log. */
final class LocalDoctor implements Doctor {
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final Foundation foundation;
  private final Station station;
  private final GatewaySettings settings;
  private final Supplier<Optional<String>> witnessTrouble;

  /**
   * @param witnessTrouble what the witness does instead of cosigning, if it does not
   */
  LocalDoctor(
      Foundation foundation,
      Station station,
      GatewaySettings settings,
      Supplier<Optional<String>> witnessTrouble) {
    this.witnessTrouble = witnessTrouble;
    this.foundation = foundation;
    this.station = station;
    this.settings = settings;
  }

  @Override
  public Future<Report> examine() {
    List<Finding> findings = new ArrayList<>();
    return log()
        .onSuccess(findings::addAll)
        .compose(logged -> VaultProof.of(foundation))
        .onSuccess(findings::addAll)
        .compose(opened -> sandbox())
        .map(
            closed -> {
              findings.addAll(closed);
              findings.add(witness());
              findings.addAll(
                  EgressProof.of(station.snapshot().addresses(), settings.policy().allowPrivate()));
              findings.addAll(ProcessProof.findings());
              unprotected().ifPresent(findings::add);
              unmeasured().ifPresent(findings::add);
              return new Report(findings);
            });
  }

  /** Writes an entry, reads it back from disk and compares its hash. */
  private Future<List<Finding>> log() {
    return foundation
        .audit()
        .append(
            new AuditEvent.Lifecycle("doctor", Version.CURRENT, "self-proof"),
            Deadline.after(RECORD))
        .compose(
            position ->
                foundation
                    .vertx()
                    .executeBlocking(() -> List.of(readBack(position), signed(position)), false))
        .otherwise(
            failure ->
                List.of(
                    new Finding(
                        "audit.durable",
                        Verdict.INERT,
                        ChitinException.from(failure).problem().detail())))
        .map(findings -> findings);
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

  /** Asks for the proof of an entry and checks it as a third party would. */
  private Finding signed(LogPosition position) {
    try {
      Path vkey = settings.home().audit().resolve("vkey");
      List<VerifierKey> keys = VerifierKey.parseAll(Files.readString(vkey));
      TlogProof proof = foundation.log().proof(position.index(), Deadline.after(RECORD));
      List<VerifierKey> by = proof.checkpoint().signedBy(keys);
      return proof.shows(position.leafHash()) && !by.isEmpty()
          ? new Finding("audit.signed", Verdict.PROVEN, "an entry is proven under " + by.getLast())
          : new Finding("audit.signed", Verdict.INERT, "the proof of an entry does not hold");
    } catch (ChitinException | IOException e) {
      return new Finding("audit.signed", Verdict.DEGRADED, "no proof: " + e.getMessage());
    } catch (NoteSyntaxException e) {
      return new Finding(
          "audit.signed", Verdict.INERT, "the proof of an entry does not hold: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Finding("audit.signed", Verdict.INERT, "the proof was interrupted");
    }
  }

  private Finding witness() {
    Optional<String> trouble = witnessTrouble.get();
    if (trouble.isPresent()) {
      return new Finding("audit.witness", Verdict.DEGRADED, "the witness " + trouble.get());
    }
    WitnessOptions witness = settings.audit().witness();
    return witness == null
        ? new Finding(
            "audit.witness",
            Verdict.NOT_CONFIGURED,
            "nobody else remembers the log: that all of it was put back would not be seen")
        : foundation
            .log()
            .publication()
            .cosigned()
            .map(
                seen ->
                    new Finding(
                        "audit.witness",
                        Verdict.PROVEN,
                        witness.url() + " cosigned " + seen.tree().size() + " entries"))
            .orElseGet(
                () ->
                    new Finding(
                        "audit.witness",
                        Verdict.DEGRADED,
                        witness.url() + " has not cosigned the log yet"));
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
}
