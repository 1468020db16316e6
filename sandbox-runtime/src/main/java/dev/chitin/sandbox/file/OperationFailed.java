package dev.chitin.sandbox.file;

/** An operation ended without success, for a reason that the caller may read; no defect. */
final class OperationFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String status;

  private OperationFailed(String status, String reason) {
    super(reason, null, false, false);
    this.status = status;
  }

  /** The file or the arguments do not allow it: {@code exit 1}. */
  static OperationFailed because(String reason) {
    return new OperationFailed("exit 1", reason);
  }

  /** It was stopped from outside: {@code cancelled} or {@code deadline}. */
  static OperationFailed stopped(String status) {
    return new OperationFailed(status, "stopped");
  }

  String status() {
    return status;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
