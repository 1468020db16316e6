package dev.chitin.gateway.cli;

import dev.chitin.bus.ProblemCode;

/** What a command tells its caller by its exit code. */
enum ExitCode {
  OK(0),
  TOOL_FAILED(1),
  USAGE(2),
  DENIED(3),
  NOT_AUTHENTICATED(4),
  UNAVAILABLE(5),
  VERIFICATION_FAILED(6);

  private final int value;

  ExitCode(int value) {
    this.value = value;
  }

  int value() {
    return value;
  }

  /** The exit code for a problem. */
  static ExitCode of(ProblemCode code) {
    if (code == ProblemCode.CONFIG_INVALID || code == ProblemCode.CONFIG_NOT_BUILT) {
      return USAGE;
    }
    return of(code.status());
  }

  /** The exit code for an HTTP status that is an error. */
  static ExitCode of(int status) {
    return switch (status) {
      case 401 -> NOT_AUTHENTICATED;
      case 403 -> DENIED;
      default -> status >= 500 || status == 429 ? UNAVAILABLE : USAGE;
    };
  }
}
