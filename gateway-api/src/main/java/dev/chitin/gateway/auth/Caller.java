package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Principal;

/**
 * An authenticated caller.
 *
 * @param principal who, as policy sees it
 * @param permissions what the credential may be used for
 * @param credential by what the caller is known
 */
public record Caller(Principal principal, Permissions permissions, Credential credential) {

  public boolean may(Scope scope) {
    return permissions.has(scope);
  }

  /** The name under which places, buckets and sessions are counted. */
  public String account() {
    return principal.tenant() + "/" + principal.id();
  }

  /**
   * Refuses a tool to which the credential was not narrowed, whether or not there is such a tool.
   *
   * @throws dev.chitin.bus.ChitinException {@code auth.scope_insufficient}
   */
  public void requireTool(String tool) {
    if (!permissions.reaches(tool)) {
      throw Problem.of(
              ProblemCode.AUTH_SCOPE_INSUFFICIENT,
              "The credential is narrowed to other tools than this one.")
          .withRule("scope." + String.join(" ", permissions.texts()))
          .withHint("Use a key with the scope " + Scope.TOOLS_CALL + " or one that names the tool.")
          .toException();
    }
  }
}
