package dev.chitin.gateway;

import dev.chitin.audit.AuditLog;
import dev.chitin.audit.DoctorResult;
import dev.chitin.bus.Deadline;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Locale;

/**
 * A doctor whose findings stand in the log before anybody is told of them, and on which it rests
 * whether the gateway is ready. How what is watched all the time stands is told with them.
 */
final class RecordedDoctor implements Doctor {
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final Doctor doctor;
  private final AuditLog audit;
  private final Readiness readiness;
  private final String occasion;

  /**
   * @param occasion {@code start}, {@code demand} or {@code again}
   */
  RecordedDoctor(Doctor doctor, AuditLog audit, Readiness readiness, String occasion) {
    this.doctor = doctor;
    this.audit = audit;
    this.readiness = readiness;
    this.occasion = occasion;
  }

  @Override
  public Future<Report> examine() {
    return doctor
        .examine()
        .onSuccess(readiness::proven)
        .map(report -> report.with(readiness.standing()))
        .compose(
            report ->
                // A log that takes nothing is a finding itself, and the report says so.
                audit
                    .append(event(report), Deadline.after(RECORD))
                    .transform(done -> Future.succeededFuture(report)));
  }

  private DoctorResult event(Report report) {
    return new DoctorResult(
        occasion,
        report.sound(),
        report.findings().stream()
            .map(
                finding ->
                    new DoctorResult.Control(
                        finding.control(), finding.verdict().name().toLowerCase(Locale.ROOT)))
            .toList());
  }
}
