package dev.chitin.policy;

import dev.chitin.policy.path.FoldedPath;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The paths that are denied above every policy, listed once: the policy engine compares them
 * case-folded, and a sandbox takes its covers from here. At the top of each writable mount it
 * covers those of {@link #WRITE_DENIED} whether they exist or not, below it what exists.
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

  /**
   * Neither read nor written at any depth of any root, with everything below: where people keep
   * credentials. Relative paths of one or two components; {@code *} stands for any ending of a
   * single one.
   */
  public static final List<String> DENIED_NAMES =
      List.of(
          ".env*",
          ".ssh",
          ".aws",
          ".gnupg",
          ".kube",
          ".azure",
          ".password-store",
          ".netrc",
          ".npmrc",
          ".pypirc",
          ".git-credentials",
          ".config/gcloud",
          ".docker/config.json");

  /** Of {@link #WRITE_DENIED} what is a file. */
  public static final List<String> WRITE_DENIED_FILES =
      List.of(
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
          ".mcp.json",
          ".npmrc");

  /** Of {@link #WRITE_DENIED} what is a directory, protected with everything below. */
  public static final List<String> WRITE_DENIED_DIRECTORIES =
      List.of(
          ".git/hooks",
          ".vscode",
          ".idea",
          ".claude",
          ".cursor",
          ".codex",
          ".chitin",
          ".husky",
          ".ssh",
          ".github/workflows",
          ".config/autostart",
          ".config/systemd",
          "Library/LaunchAgents",
          "cron.d");

  /**
   * Not written at any depth of any root, also when absent: what a later program would execute or
   * obey. Relative paths of one to three components. An operator may give up some of them ({@link
   * WriteProtection}).
   */
  public static final List<String> WRITE_DENIED =
      Stream.concat(WRITE_DENIED_FILES.stream(), WRITE_DENIED_DIRECTORIES.stream()).toList();

  private static final List<CredentialName> CREDENTIAL_NAMES =
      DENIED_NAMES.stream().map(CredentialName::of).toList();

  private ProtectedPaths() {}

  /** One of {@link #DENIED_NAMES} in the form in which it is compared. */
  private record CredentialName(String written, FoldedPath path, boolean prefix) {
    static CredentialName of(String written) {
      boolean prefix = written.endsWith("*");
      String name = prefix ? written.substring(0, written.length() - 1) : written;
      return new CredentialName(written, FoldedPath.of(name), prefix);
    }

    boolean covers(FoldedPath candidate, int from) {
      return prefix
          ? candidate.hasNameWithPrefix(path.component(0), from)
          : candidate.contains(path, from);
    }
  }

  /** Whether {@code path}, or something that it lies in, is one of {@link #DENIED_NAMES}. */
  public static boolean isCredential(FoldedPath path) {
    return credentialName(path, 0).isPresent();
  }

  /** Which of {@link #DENIED_NAMES} covers {@code path} at or after component {@code from}. */
  static Optional<String> credentialName(FoldedPath path, int from) {
    for (CredentialName name : CREDENTIAL_NAMES) {
      if (name.covers(path, from)) {
        return Optional.of(name.written());
      }
    }
    return Optional.empty();
  }
}
