package dev.chitin.audit;

import dev.chitin.bus.Address;

/** Where the log is served on the bus. */
public final class AuditAddresses {
  public static final Address<AuditEvent, LogPosition> APPEND =
      new Address<>("chitin.audit.append", AuditEvent.class, LogPosition.class);
  public static final Address<AuditEvent.ToolExecution, Receipt> AUTHORIZE =
      new Address<>("chitin.audit.authorize", AuditEvent.ToolExecution.class, Receipt.class);

  private AuditAddresses() {}
}
