package dev.chitin.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.Principal;
import dev.chitin.sandbox.ShippedTools;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.exec.CallObserver;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nobody outside makes a series: labels come from closed sets. */
class ClosedLabelsTest {
  private static final int TRIES = 10_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpMetrics http = new HttpMetrics(registry);
  private final CallMetrics calls = new CallMetrics(registry);

  private long series() {
    return registry.scrape().lines().filter(line -> !line.startsWith("#")).count();
  }

  private static ToolCall call(String tool) {
    return new ToolCall(
        "call_1", new Principal("default", "a", Set.of()), null, tool, JsonValue.Obj.EMPTY, null);
  }

  private void make(String name, CallObserver.Ending ending) {
    boolean registered = name.equals("fs_read");
    CallObserver.Observation seen =
        calls.begin(
            call(name),
            registered ? ShippedTools.fsRead(Capabilities.NONE) : null,
            new CallContext(Deadline.after(Duration.ofSeconds(1))));
    for (CallObserver.Station station : CallObserver.Station.values()) {
      seen.passed(station);
    }
    seen.ended(ending, ending == CallObserver.Ending.DENIED ? ProblemCode.POLICY_ERROR : null);
  }

  @Test
  void madeUpMethodsAndToolsMakeNoNewSeries() {
    http.answered(HttpMetrics.NO_ROUTE, "BREW", 404, 1);
    make("x", CallObserver.Ending.ERROR);
    long before = series();
    for (int i = 0; i < TRIES; i++) {
      http.answered(HttpMetrics.NO_ROUTE, "BREW" + i, 404, 1);
      make("x" + i, CallObserver.Ending.ERROR);
    }
    assertThat(series()).isEqualTo(before);
    assertThat(registry.scrape())
        .contains("chitin_calls_total{backend=\"none\",outcome=\"error\",tool=\"unknown\"} 10001")
        .doesNotContain("BREW");
  }

  @Test
  void aRegisteredToolIsCountedByItsNameItsBackendAndHowItEnded() {
    make("fs_read", CallObserver.Ending.OK);
    make("fs_read", CallObserver.Ending.DENIED);
    String scrape = registry.scrape();
    assertThat(scrape)
        .contains("chitin_calls_total{backend=\"file\",outcome=\"ok\",tool=\"fs_read\"} 1")
        .contains("chitin_calls_total{backend=\"file\",outcome=\"denied\",tool=\"fs_read\"} 1")
        .contains("chitin_denials_total{code=\"policy.error\"} 1");
    for (String phase : new String[] {"auth", "plan", "decide", "audit", "start", "run"}) {
      assertThat(scrape).contains("chitin_call_seconds_count{phase=\"" + phase + "\"}");
    }
  }

  @Test
  void everyStatusOfARunHasItsOutcome() {
    assertThat(CallObserver.Ending.ofStatus("exit 0", true)).isEqualTo(CallObserver.Ending.OK);
    assertThat(CallObserver.Ending.ofStatus("exit 1", false))
        .isEqualTo(CallObserver.Ending.TOOL_ERROR);
    assertThat(CallObserver.Ending.ofStatus("oom", false)).isEqualTo(CallObserver.Ending.LIMIT);
    assertThat(CallObserver.Ending.ofStatus("deadline", false))
        .isEqualTo(CallObserver.Ending.TIMEOUT);
    assertThat(CallObserver.Ending.ofStatus("cancelled", false))
        .isEqualTo(CallObserver.Ending.CANCELLED);
    assertThat(CallObserver.Ending.ofProblem(ProblemCode.POLICY_PATH_DENIED))
        .isEqualTo(CallObserver.Ending.DENIED);
  }
}
