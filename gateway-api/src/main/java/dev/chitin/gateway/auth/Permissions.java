package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a credential may do: scopes, and the tools to which it is narrowed.
 *
 * @param scopes never both those of an agent and {@code approvals:decide} by an agent's role: who
 *     asks may not approve
 * @param tools names of tools, a {@code *} at the end stands for any rest; empty for all tools
 */
public record Permissions(Set<Scope> scopes, List<String> tools) {
  /** Most scopes that a key may name. */
  private static final int MOST = 64;

  private static final String CALL = Scope.TOOLS_CALL + ":";
  private static final Pattern TOOL =
      Pattern.compile("[A-Za-z0-9._-]{1,64}|[A-Za-z0-9._-]{0,63}\\*");

  public Permissions {
    scopes = Set.copyOf(scopes);
    tools = List.copyOf(tools);
  }

  /** All that each role allows: asked for by every request. */
  private static final Map<Role, Permissions> OF_ONE = ofOne();

  private static Map<Role, Permissions> ofOne() {
    Map<Role, Permissions> all = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      all.put(role, of(Set.of(role)));
    }
    return all;
  }

  private static Permissions of(Role role) {
    return Objects.requireNonNull(OF_ONE.get(role));
  }

  /** All that these roles allow. */
  public static Permissions of(Set<Role> roles) {
    EnumSet<Scope> scopes = EnumSet.noneOf(Scope.class);
    roles.forEach(role -> scopes.addAll(role.scopes()));
    if (roles.contains(Role.AGENT)) {
      scopes.remove(Scope.APPROVALS_DECIDE);
    }
    return new Permissions(scopes, List.of());
  }

  /**
   * Reads scopes that narrow a role.
   *
   * @param texts {@code tools:read}, {@code tools:call:fs_*}; empty for all of the role
   * @throws dev.chitin.bus.ChitinException {@code request.arguments_invalid} for what is no scope
   *     or more than the role has
   */
  public static Permissions narrowed(Role role, List<String> texts) {
    if (texts.isEmpty()) {
      return of(role);
    }
    if (texts.size() > MOST) {
      throw refused("A key names at most " + MOST + " scopes.", "Use patterns: tools:call:fs_*.");
    }
    EnumSet<Scope> scopes = EnumSet.noneOf(Scope.class);
    var tools = new ArrayList<String>();
    boolean allTools = false;
    for (String text : texts) {
      boolean named = text.startsWith(CALL);
      Scope scope = named ? Scope.TOOLS_CALL : scope(text);
      if (!of(role).has(scope)) {
        throw wider(role, text);
      }
      scopes.add(scope);
      allTools |= !named && scope == Scope.TOOLS_CALL;
      if (named) {
        tools.add(pattern(text.substring(CALL.length())));
      }
    }
    return new Permissions(scopes, allTools ? List.of() : tools);
  }

  private static Scope scope(String text) {
    return Scope.of(text)
        .orElseThrow(
            () ->
                refused(
                    "There is no scope of the name " + text + ".",
                    "Scopes are "
                        + String.join(
                            ", ", EnumSet.allOf(Scope.class).stream().map(Scope::toString).toList())
                        + ", and tools:call:<name or name*>."));
  }

  private static String pattern(String text) {
    if (!TOOL.matcher(text).matches()) {
      throw refused(
          "tools:call:" + text + " does not name tools.",
          "Name a tool, or the beginning of names and a star at the end: tools:call:fs_*.");
    }
    return text;
  }

  private static RuntimeException wider(Role role, String text) {
    return Problem.of(
            ProblemCode.REQUEST_ARGUMENTS_INVALID,
            "The role " + role.text() + " has not the scope " + text + ".")
        .withRule("role." + role.text())
        .withHint(
            "A key may be narrower than its role, never wider; this role has "
                + String.join(", ", of(role).texts())
                + ".")
        .toException();
  }

  private static RuntimeException refused(String detail, String hint) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, detail)
        .withRule("key.scopes")
        .withHint(hint)
        .toException();
  }

  public boolean has(Scope scope) {
    return scopes.contains(scope);
  }

  /** Whether it is not narrowed to other tools than {@code tool}. */
  public boolean reaches(String tool) {
    return tools.isEmpty() || tools.stream().anyMatch(pattern -> matches(pattern, tool));
  }

  private static boolean matches(String pattern, String tool) {
    return pattern.endsWith("*")
        ? tool.startsWith(pattern.substring(0, pattern.length() - 1))
        : tool.equals(pattern);
  }

  /** As they are written, sorted. */
  public List<String> texts() {
    var texts = new TreeSet<String>();
    for (Scope scope : scopes) {
      if (scope != Scope.TOOLS_CALL || tools.isEmpty()) {
        texts.add(scope.toString());
      }
    }
    if (scopes.contains(Scope.TOOLS_CALL)) {
      tools.forEach(tool -> texts.add(CALL + tool));
    }
    return List.copyOf(texts);
  }
}
