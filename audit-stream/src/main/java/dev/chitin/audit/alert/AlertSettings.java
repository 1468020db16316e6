package dev.chitin.audit.alert;

import java.time.Duration;
import java.util.Set;

/**
 * From when on something is worth an alert.
 *
 * @param authPerSubject wrong credentials of one address or key within a minute
 * @param authTotal wrong credentials in all within a minute
 * @param rateLimitHits refused requests of one address or principal within 5 minutes
 * @param denials denied calls of one principal within a minute
 * @param probeSigns attempts of one kind to leave the sandbox by one principal within 10 minutes
 * @param volumeSigma how many standard deviations above its habit a secret's use is unusual
 * @param learning how long the habits of a principal or a secret are learned before they count
 * @param leastFreeBytes free space under which the log soon has no room
 * @param witnessPatience how long the newest checkpoint may be without a cosignature
 * @param changeHours when policy and configuration may change without an alert
 * @param off rules that raise nothing
 */
public record AlertSettings(
    long authPerSubject,
    long authTotal,
    long rateLimitHits,
    long denials,
    long probeSigns,
    long volumeSigma,
    Duration learning,
    long leastFreeBytes,
    Duration witnessPatience,
    ChangeHours changeHours,
    Set<AlertRule> off) {

  /** 5 and 50 a minute, 10 in 5 minutes, 20 a minute, 5 signs, 4 σ, a day, 5 minutes; all on. */
  public static final AlertSettings DEFAULT =
      new AlertSettings(
          5,
          50,
          10,
          20,
          5,
          4,
          Duration.ofHours(24),
          0,
          Duration.ofMinutes(5),
          ChangeHours.ANY,
          Set.of());

  public AlertSettings {
    off = Set.copyOf(off);
    if (authPerSubject < 1 || authTotal < 1 || rateLimitHits < 1 || denials < 1 || probeSigns < 1) {
      throw new IllegalArgumentException("a threshold is at least 1");
    }
    if (volumeSigma < 1 || learning.isNegative() || witnessPatience.isNegative()) {
      throw new IllegalArgumentException("deviations and times are positive");
    }
  }

  /** The same with another bound of free space. */
  public AlertSettings withLeastFreeBytes(long bytes) {
    return new AlertSettings(
        authPerSubject,
        authTotal,
        rateLimitHits,
        denials,
        probeSigns,
        volumeSigma,
        learning,
        bytes,
        witnessPatience,
        changeHours,
        off);
  }
}
