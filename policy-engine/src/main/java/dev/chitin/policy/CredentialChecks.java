package dev.chitin.policy;

import dev.chitin.bus.HeaderNames;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.host.AddressClasses;
import java.util.Optional;
import java.util.regex.Pattern;

/** Holds the credentials of one plan against the plan's own destinations. */
final class CredentialChecks {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");

  private final ExecutionPlan plan;

  CredentialChecks(ExecutionPlan plan) {
    this.plan = plan;
  }

  /** Why {@code ref} may not be put into a request of the plan, if it may not. */
  Optional<Denial> check(CredentialRef ref) {
    if (!NAME.matcher(ref.name()).matches()) {
      return denied("credential.name", "The credential's name is not a secret's name.");
    }
    if (!isDestination(ref)) {
      return denied(
          "credential.destination",
          "The credential is bound to a host that the plan does not reach.");
    }
    boolean loopback =
        RequestHost.literal(ref.host())
            .map(AddressClasses::unmapped)
            .flatMap(AddressClasses::of)
            .map(match -> match.name().equals("loopback"))
            .orElse(false);
    if (!ref.scheme().equals("https") && !(ref.scheme().equals("http") && loopback)) {
      return denied("credential.cleartext", "A credential goes over https, or to loopback only.");
    }
    if (!ref.surface().equals("header")
        || !(ref.format().equals("raw") || ref.format().equals("bearer"))) {
      return denied("credential.surface", "The credential's surface or format is not a known one.");
    }
    if (!HeaderNames.isField(ref.field()) || HeaderNames.isFraming(ref.field())) {
      return denied("credential.field", "The credential names a framing header field.");
    }
    if (plan.invocation() instanceof Invocation.HttpRequest http
        && http.headerNames().contains(ref.field())) {
      return denied(
          "credential.field", "The caller sets the header field that the credential goes into.");
    }
    boolean twice =
        plan.credentials().stream()
                .filter(
                    other ->
                        other.field().equals(ref.field())
                            && other.host().equals(ref.host())
                            && other.port() == ref.port())
                .count()
            > 1;
    return twice
        ? denied("credential.field", "Two credentials go into one header field of one host.")
        : Optional.empty();
  }

  private boolean isDestination(CredentialRef ref) {
    boolean http =
        plan.invocation() instanceof Invocation.HttpRequest request
            && request.scheme().equals(ref.scheme())
            && request.host().equals(ref.host())
            && request.port() == ref.port();
    return http || plan.egress().contains(new EgressRule(ref.scheme(), ref.host(), ref.port()));
  }

  private static Optional<Denial> denied(String rule, String detail) {
    return Optional.of(Denial.of(ProblemCode.POLICY_CREDENTIAL_DENIED, rule, detail));
  }
}
