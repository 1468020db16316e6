package dev.chitin.sandbox.plan;

import dev.chitin.policy.DeclaredOutput;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The environment of a native tool: built from nothing, never from the gateway's own. */
public final class Environment {
  private static final Map<String, String> BASE =
      Map.of(
          "PATH", "/usr/bin:/bin",
          "HOME", "/tmp",
          "TMPDIR", "/tmp",
          "LANG", "C.UTF-8",
          "TZ", "UTC");
  private static final Set<String> REFUSED =
      Set.of(
          "PATH",
          "HOME",
          DeclaredOutput.VARIABLE,
          "BASH_ENV",
          "ENV",
          "IFS",
          "PS4",
          "PROMPT_COMMAND",
          "GLIBC_TUNABLES",
          "GCONV_PATH",
          "NODE_OPTIONS",
          "RUBYOPT",
          "JAVA_TOOL_OPTIONS",
          "JDK_JAVA_OPTIONS",
          "_JAVA_OPTIONS",
          "PAGER",
          "EDITOR",
          "VISUAL",
          "LESSOPEN",
          "LESSCLOSE");
  private static final Set<String> REFUSED_PREFIXES =
      Set.of("LD_", "DYLD_", "PYTHON", "PERL5", "GIT_", "MALLOC_", "BASH_FUNC_");

  private Environment() {}

  /** Whether a definition may not set {@code name}: it would change which code runs. */
  public static boolean refused(String name) {
    return REFUSED.contains(name) || REFUSED_PREFIXES.stream().anyMatch(name::startsWith);
  }

  /** The base environment with the definition's own names over it, sorted by name. */
  static Map<String, String> of(Map<String, String> own) {
    var environment = new TreeMap<>(BASE);
    environment.putAll(own);
    return environment;
  }
}
