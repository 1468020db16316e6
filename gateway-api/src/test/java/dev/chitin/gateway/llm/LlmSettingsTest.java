package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LlmSettingsTest {
  private static ProviderSettings provider(
      Dialect dialect, long firstByteMillis, long idleMillis, @Nullable ToolLoopSettings loop) {
    return new ProviderSettings(
        dialect,
        "https",
        "api.example",
        443,
        "",
        "provider",
        1_000,
        List.of("*"),
        null,
        List.of(),
        firstByteMillis,
        idleMillis,
        900_000,
        null,
        loop);
  }

  private static long silence(ProviderSettings... providers) {
    return new LlmSettings(List.of(providers), 1_024, 1_024).longestSilenceMillis();
  }

  @Test
  void aClientWaitsInSilenceForABeginningForMoreOrForTheWholeOfALoop() {
    var loop = new ToolLoopSettings(List.of("fs_read"), 8, 16, 1_024, 1_024, 600_000);
    assertThat(silence()).isZero();
    assertThat(silence(provider(Dialect.ANTHROPIC, 70_000, 10_000, null))).isEqualTo(70_000);
    assertThat(silence(provider(Dialect.ANTHROPIC, 70_000, 90_000, null))).isEqualTo(90_000);
    assertThat(
            silence(
                provider(Dialect.ANTHROPIC, 70_000, 90_000, null),
                provider(Dialect.OPENAI, 70_000, 90_000, loop)))
        .isEqualTo(600_000);
  }
}
