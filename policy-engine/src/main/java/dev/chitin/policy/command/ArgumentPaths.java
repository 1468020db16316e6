package dev.chitin.policy.command;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.Denial;
import dev.chitin.policy.Mount;
import dev.chitin.policy.PathRules;
import dev.chitin.policy.RequestPath;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Judges a path in an argv as the sandboxed program will read it: relative to its directory, in the
 * sandbox's view. What is not mounted does not exist there, so only denials count, for the path
 * itself and for the place on the host that a mount shows under it.
 *
 * @param rules the denials
 * @param home what {@code ~} stands for
 * @param cwd the program's directory inside the sandbox
 * @param mounts host directories that the program sees
 */
public record ArgumentPaths(PathRules rules, String home, String cwd, List<Mount> mounts) {
  private static final Set<String> DEVICES =
      Set.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom");

  public ArgumentPaths {
    mounts = List.copyOf(mounts);
  }

  /** The same view from another directory, which {@link #denied} has let pass. */
  ArgumentPaths in(String directory) {
    return new ArgumentPaths(rules, home, RequestPath.canonical(directory, home, cwd), mounts);
  }

  /** Why the program may not be given {@code raw}; {@code -} is a stream, not a path. */
  Optional<Denial> denied(String raw, PathRules.Access access) {
    if (raw.equals("-") || DEVICES.contains(raw)) {
      return Optional.empty();
    }
    String inside;
    try {
      inside = RequestPath.canonical(raw, home, cwd);
    } catch (ChitinException.Denied e) {
      return Optional.of(denial(e));
    }
    Optional<Denial> denial = rules.denied(inside, access);
    return denial.isPresent() ? denial : onHost(inside).flatMap(path -> rules.denied(path, access));
  }

  /** The place on the host behind {@code inside}; the last mount that covers it counts. */
  private Optional<String> onHost(String inside) {
    for (Mount mount : mounts.reversed()) {
      String target = mount.target();
      if (inside.equals(target) || inside.startsWith(target.equals("/") ? "/" : target + "/")) {
        String below = target.equals("/") ? inside : inside.substring(target.length());
        return Optional.of(mount.source() + below);
      }
    }
    return Optional.empty();
  }

  private static Denial denial(ChitinException.Denied refusal) {
    String rule = refusal.problem().rule();
    return new Denial(
        refusal.code(),
        rule == null ? "path" : rule,
        refusal.problem().detail(),
        refusal.problem().hint());
  }
}
