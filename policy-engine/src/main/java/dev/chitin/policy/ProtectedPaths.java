package dev.chitin.policy;

import java.util.List;

/**
 * The paths that are denied above every policy. The policy engine compares them case-folded; a
 * sandbox covers those of {@link #WRITE_DENIED} in each writable mount, whether they exist or not.
 */
public final class ProtectedPaths {

  /** Neither read nor written, with everything below: keys, tokens, profiles, histories. */
  public static final List<String> DENIED =
      List.of(
          "~/.ssh",
          "~/.aws",
          "~/.gnupg",
          "~/.kube",
          "~/.docker",
          "~/.azure",
          "~/.config/gcloud",
          "~/.config/gh",
          "~/.config/chitin",
          "~/.netrc",
          "~/.npmrc",
          "~/.pypirc",
          "~/.git-credentials",
          "~/.config/git/credentials",
          "~/.password-store",
          "~/.vault-token",
          "~/.mozilla",
          "~/.config/google-chrome",
          "~/.config/chromium",
          "~/.config/BraveSoftware",
          "~/.config/microsoft-edge",
          "~/.config/vivaldi",
          "~/.config/opera",
          "~/snap/firefox",
          "~/snap/chromium",
          "~/.var/app",
          "~/Library/Application Support/Google/Chrome",
          "~/Library/Application Support/Firefox",
          "~/Library/Application Support/BraveSoftware",
          "~/Library/Application Support/Microsoft Edge",
          "~/Library/Safari",
          "~/Library/Cookies",
          "~/Library/Keychains",
          "~/.local/share/keyrings",
          "~/.local/share/kwalletd",
          "~/.bash_history",
          "~/.zsh_history",
          "~/.sh_history",
          "~/.history",
          "~/.local/share/fish/fish_history",
          "~/.python_history",
          "~/.node_repl_history",
          "~/.psql_history",
          "~/.mysql_history",
          "~/.sqlite_history",
          "~/.rediscli_history",
          "~/.lesshst",
          "~/.viminfo");

  /** Names that are neither read nor written at any depth; {@code *} stands for any ending. */
  public static final List<String> DENIED_NAMES = List.of(".env*");

  /**
   * Not written at any depth of any root, also when absent: what a later program would execute or
   * obey. Relative paths of one or two components.
   */
  public static final List<String> WRITE_DENIED =
      List.of(
          ".git/hooks",
          ".git/config",
          ".git/info/attributes",
          ".gitmodules",
          ".gitattributes",
          ".gitconfig",
          ".bashrc",
          ".bash_profile",
          ".bash_login",
          ".bash_logout",
          ".profile",
          ".zshrc",
          ".zshenv",
          ".zprofile",
          ".zlogin",
          ".envrc",
          ".ripgreprc",
          ".vscode",
          ".idea",
          ".claude",
          ".cursor",
          ".codex",
          ".chitin",
          ".mcp.json",
          ".npmrc",
          ".husky",
          ".ssh",
          ".github/workflows",
          ".config/autostart",
          ".config/systemd",
          "Library/LaunchAgents",
          "cron.d");

  private ProtectedPaths() {}
}
