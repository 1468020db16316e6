package dev.chitin.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoopTicksTest {
  private final AtomicLong now = new AtomicLong();
  private final LoopTicks ticks = new LoopTicks(now::get);

  private void pass(long millis) {
    now.addAndGet(millis * 1_000_000);
  }

  @Test
  void oneLoopThatNoLongerTicksIsSeenThoughTheOthersDo() {
    LoopTicks.Loop turning = ticks.add();
    LoopTicks.Loop stuck = ticks.add();
    assertThat(ticks.turning()).isTrue();
    pass(LoopTicks.STALLED_MILLIS - 1);
    turning.tick();
    assertThat(ticks.turning()).isTrue();
    pass(1);
    assertThat(ticks.turning()).isFalse();
    assertThat(ticks.sinceTicks()).containsExactly(1L, LoopTicks.STALLED_MILLIS);
    stuck.tick();
    assertThat(ticks.turning()).isTrue();
  }
}
