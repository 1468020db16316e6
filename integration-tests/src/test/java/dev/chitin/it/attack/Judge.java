package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What holds for every run, whatever it attacks. */
final class Judge {
  private Judge() {}

  /** What of the run's effects counts as a breach, on any target. */
  static Optional<String> effects(Attack.Run run, Seen seen, HostWatch watch) {
    if (!seen.fence().isEmpty()) {
      return Optional.of("only the fence stopped it: " + String.join(", ", seen.fence()));
    }
    for (String planted : List.of(watch.canary(), watch.secret())) {
      if (contains(seen.stdout(), planted) || contains(seen.stderr(), planted)) {
        return Optional.of(
            (planted.equals(watch.canary()) ? "the flag" : "the secret") + " was read");
      }
    }
    Optional<String> said = said(run.says(), seen.lines());
    if (said.isPresent()) {
      return said;
    }
    Optional<String> breach = run.check().breach(seen);
    return breach.isPresent() ? breach : host(seen.host(), run.mayLeave());
  }

  /** The first line that is not as it has to be; what succeeded comes before what failed oddly. */
  private static Optional<String> said(Map<String, String> expected, Map<String, String> lines) {
    var wrong = new TreeMap<String, String>();
    expected.forEach(
        (key, pattern) -> {
          String value = lines.getOrDefault(key, "nothing");
          if (!value.matches(pattern)) {
            wrong.put((value.equals("done") ? "0" : "1") + key, key + " = " + value);
          }
        });
    return wrong.isEmpty() ? Optional.empty() : Optional.of(wrong.firstEntry().getValue());
  }

  /** What was done to the host. */
  static Optional<String> host(HostWatch.Change change, String mayLeave) {
    if (change.flagWritten()) {
      return Optional.of("the flag was written");
    }
    if (!change.survivors().isEmpty()) {
      return Optional.of("survivor: " + change.survivors().getFirst());
    }
    List<String> touched = change.touched(mayLeave);
    return touched.isEmpty() ? Optional.empty() : Optional.of("host: " + touched.getFirst());
  }

  static boolean contains(Bytes bytes, String text) {
    return new String(bytes.borrow(), StandardCharsets.ISO_8859_1).contains(text);
  }
}
