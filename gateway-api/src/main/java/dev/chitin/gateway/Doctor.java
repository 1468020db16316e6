package dev.chitin.gateway;

import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Future;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Attacks the gateway's own controls and says which of them hold. */
@FunctionalInterface
public interface Doctor {

  /** Runs every proof once. A proof that cannot be run counts as {@link Verdict#INERT}. */
  Future<Report> examine();

  /** What a proof can show. */
  enum Verdict {
    /** The attack failed. */
    PROVEN,
    /** The control holds less than it should, and the gateway works with what is left of it. */
    DEGRADED,
    /** Nothing is set up, so nothing stands in its place; the gateway works without it. */
    NOT_CONFIGURED,
    /** The attack went through, or the proof could not be run. */
    INERT
  }

  /**
   * One control.
   *
   * @param control its name
   * @param detail what was tried and what came of it
   */
  record Finding(String control, Verdict verdict, String detail) {
    public JsonValue.Obj toJson() {
      return JsonValue.object()
          .put("control", control)
          .put("verdict", verdict.name().toLowerCase(Locale.ROOT))
          .put("detail", detail)
          .build();
    }
  }

  /** All of them. */
  record Report(List<Finding> findings) {
    public Report {
      findings = List.copyOf(findings);
    }

    /** With {@code others} after its own. */
    Report with(List<Finding> others) {
      return new Report(Stream.concat(findings.stream(), others.stream()).toList());
    }

    /** Whether no control is inert. */
    public boolean sound() {
      return findings.stream().noneMatch(finding -> finding.verdict() == Verdict.INERT);
    }

    /** The findings of one kind, as {@code control: detail}. */
    public List<String> texts(Verdict verdict) {
      return findings.stream()
          .filter(finding -> finding.verdict() == verdict)
          .map(finding -> finding.control() + ": " + finding.detail())
          .toList();
    }

    /** The names of those of one kind. */
    public Set<String> controls(Verdict verdict) {
      return findings.stream()
          .filter(finding -> finding.verdict() == verdict)
          .map(Finding::control)
          .collect(Collectors.toUnmodifiableSet());
    }

    public JsonValue.Obj toJson() {
      return JsonValue.object()
          .put("sound", sound())
          .put(
              "controls",
              new JsonValue.Arr(findings.stream().<JsonValue>map(Finding::toJson).toList()))
          .build();
    }
  }
}
