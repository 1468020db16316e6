package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;

/** Carries a {@link LogFault} from where it was found to where it is answered. */
public final class LogDamage extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient LogFault fault;

  public LogDamage(LogFault fault) {
    super(fault.describe(), null, false, false);
    this.fault = fault;
  }

  public LogFault fault() {
    return fault;
  }
}
