package dev.chitin.bus;

import org.jspecify.annotations.Nullable;

/**
 * The sealed family of errors that services fail with. The family follows from the code's status,
 * so that an edge maps it once: {@link Invalid} and {@link Denied} are the caller's to mend, {@link
 * Unavailable} and {@link Expired} may be tried again, {@link Defect} is ours.
 *
 * <p>Members of all families but {@link Defect} carry no stack trace: they are answers, and made on
 * hot paths.
 */
public abstract sealed class ChitinException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  private ChitinException(Problem problem, @Nullable Throwable cause, boolean trace) {
    super(problem.code().code() + ": " + problem.detail(), cause, trace, trace);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }

  public ProblemCode code() {
    return problem.code();
  }

  static ChitinException of(Problem problem, @Nullable Throwable cause) {
    return switch (problem.code().status()) {
      case 401, 403 -> new Denied(problem, cause);
      case 502, 503 -> new Unavailable(problem, cause);
      case 504 -> new Expired(problem, cause);
      case 500 -> new Defect(problem, cause);
      default -> new Invalid(problem, cause);
    };
  }

  /** The request itself is wrong. */
  public static final class Invalid extends ChitinException {
    private static final long serialVersionUID = 1L;

    private Invalid(Problem problem, @Nullable Throwable cause) {
      super(problem, cause, false);
    }
  }

  /** A control refused the request. */
  public static final class Denied extends ChitinException {
    private static final long serialVersionUID = 1L;

    private Denied(Problem problem, @Nullable Throwable cause) {
      super(problem, cause, false);
    }
  }

  /** Something that the request needs is not there or at its bound. */
  public static final class Unavailable extends ChitinException {
    private static final long serialVersionUID = 1L;

    private Unavailable(Problem problem, @Nullable Throwable cause) {
      super(problem, cause, false);
    }
  }

  /** The deadline passed. */
  public static final class Expired extends ChitinException {
    private static final long serialVersionUID = 1L;

    private Expired(Problem problem, @Nullable Throwable cause) {
      super(problem, cause, false);
    }
  }

  /** A defect of Chitin; its cause goes to the log and never to a client. */
  public static final class Defect extends ChitinException {
    private static final long serialVersionUID = 1L;

    private Defect(Problem problem, @Nullable Throwable cause) {
      super(problem, cause, true);
    }
  }

  /**
   * The family member for any throwable: itself, or a {@link Defect} that holds it as its cause.
   */
  public static ChitinException from(Throwable failure) {
    return failure instanceof ChitinException known
        ? known
        : new Defect(
            Problem.of(ProblemCode.INTERNAL, "The gateway failed; the log holds the cause."),
            failure);
  }
}
