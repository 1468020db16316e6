package dev.chitin.policy.command;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The environment names that make a program load or run something else. */
final class EnvironmentNames {
  private static final Set<String> NAMES =
      Set.of(
          "GCONV_PATH",
          "GETCONF_DIR",
          "GLIBC_TUNABLES",
          "HOSTALIASES",
          "LOCPATH",
          "MALLOC_TRACE",
          "NIS_PATH",
          "NLSPATH",
          "RESOLV_HOST_CONF",
          "RES_OPTIONS",
          "TZDIR",
          "BASH_ENV",
          "BASHOPTS",
          "SHELLOPTS",
          "ENV",
          "PS4",
          "PROMPT_COMMAND",
          "IFS",
          "NODE_OPTIONS",
          "NODE_PATH",
          "RUBYOPT",
          "RUBYLIB",
          "JAVA_TOOL_OPTIONS",
          "JDK_JAVA_OPTIONS",
          "_JAVA_OPTIONS",
          "CLASSPATH",
          "PAGER",
          "EDITOR",
          "VISUAL",
          "BROWSER",
          "LESSOPEN",
          "LESSCLOSE",
          "OPENSSL_CONF",
          "OPENSSL_ENGINES",
          "OPENSSL_MODULES",
          "TERMINFO",
          "TERMCAP",
          "POSIXLY_CORRECT",
          "GREP_OPTIONS");

  private static final List<String> PREFIXES =
      List.of("LD_", "DYLD_", "PYTHON", "PERL5", "GIT_", "BASH_FUNC_");

  private static final Set<String> SANDBOX_OWN = Set.of("PATH", "HOME");

  private EnvironmentNames() {}

  /** Whether nobody may set {@code name}. */
  static boolean refused(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return NAMES.contains(upper) || PREFIXES.stream().anyMatch(upper::startsWith);
  }

  /** Whether a caller may not set {@code name}. */
  static boolean refusedToCaller(String name) {
    return refused(name) || SANDBOX_OWN.contains(name.toUpperCase(Locale.ROOT));
  }
}
