package dev.chitin.gateway;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.sandbox.bwrap.RunBounds;
import dev.chitin.sandbox.bwrap.WarmBounds;
import java.util.List;

/** Reads of the section {@code sandbox} how many run, wait and stand ready, and what is found. */
final class RunSettingsReader {
  private static final List<String> SEARCH_PATH = List.of("/usr/bin", "/bin");

  private final JsonFields sandbox;

  RunSettingsReader(JsonFields sandbox) {
    this.sandbox = sandbox;
  }

  /** A bound of one tenant that is not given lies below the whole: three quarters, or half. */
  RunBounds bounds() {
    RunBounds d = RunBounds.DEFAULT;
    int runs = bound(sandbox, "max_runs", d.runs());
    int waiting = bound(sandbox, "max_waiting", d.waiting());
    return new RunBounds(
        runs,
        bound(sandbox, "max_runs_per_tenant", Math.max(1, runs * 3 / 4)),
        waiting,
        bound(sandbox, "max_waiting_per_tenant", Math.max(1, waiting / 2)),
        bound(sandbox, "max_setups", d.setUps()));
  }

  WarmBounds warm() {
    WarmBounds d = WarmBounds.DEFAULT;
    return sandbox.fields("warm").map(warm -> warm(warm, d)).orElse(d);
  }

  /** Of the two bounds the one that is not given keeps to the other. */
  private static WarmBounds warm(JsonFields warm, WarmBounds d) {
    int most = bound(warm, "total", d.total());
    int perProfile = bound(warm, "per_profile", Math.min(d.perProfile(), most));
    int total = bound(warm, "total", Math.max(d.total(), perProfile));
    if (perProfile > total) {
      throw invalid(
          "sandbox.warm.per_profile",
          "is " + perProfile + ", and no more than " + total + " stand ready in all",
          "Lower it, or raise sandbox.warm.total.");
    }
    return new WarmBounds(
        perProfile, total, bound(warm, "idle_ms", Math.toIntExact(d.idleMillis())));
  }

  /** Where bare names of commands are looked up, whatever directory the gateway is started in. */
  List<String> searchPath() {
    List<String> directories = sandbox.strings("search_path").orElse(SEARCH_PATH);
    for (int i = 0; i < directories.size(); i++) {
      if (!directories.get(i).startsWith("/")) {
        throw invalid(
            "sandbox.search_path[" + i + "]",
            "is '" + directories.get(i) + "', which is no absolute directory",
            "Write it from the root on: /usr/local/bin.");
      }
    }
    return directories;
  }

  private static int bound(JsonFields limits, String name, int byDefault) {
    return Math.toIntExact(limits.integer(name, 0, Integer.MAX_VALUE).orElse((long) byDefault));
  }

  private static ChitinException invalid(String key, String fault, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + " " + fault + ".")
        .withRule(key)
        .withHint(hint)
        .toException();
  }
}
