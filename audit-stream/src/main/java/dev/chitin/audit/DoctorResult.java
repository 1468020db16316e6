package dev.chitin.audit;

import java.util.List;

/**
 * The gateway attacked its own controls.
 *
 * @param occasion {@code start}, {@code demand}, or {@code again} after one that was not sound
 * @param sound whether no control is inert
 * @param controls what came of each; at most {@value #MAX_CONTROLS} are recorded
 */
public record DoctorResult(String occasion, boolean sound, List<Control> controls)
    implements AuditEvent {
  /** Most controls that one event names. */
  public static final int MAX_CONTROLS = 64;

  public DoctorResult {
    controls = List.copyOf(controls);
  }

  /**
   * One control.
   *
   * @param name its name
   * @param verdict {@code proven}, {@code degraded}, {@code not_configured} or {@code inert}
   */
  public record Control(String name, String verdict) {}
}
