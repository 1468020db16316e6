package dev.chitin.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LimitSettingsTest {
  private static LimitValues values(Member member, long value) {
    return new LimitValues(Map.of(member, value));
  }

  private static LimitSettings settings(
      LimitValues defaults, LimitValues tuned, LimitValues ceiling) {
    return new LimitSettings(defaults, Map.of("tool", tuned), ceiling);
  }

  private static Limits limits(LimitSettings settings, LimitValues own) {
    settings.check(List.of("tool", "other"));
    return settings.of("tool", own);
  }

  @Test
  void whenNobodySaysAnythingTheBuiltInDefaultsHold() {
    assertThat(
            limits(
                settings(LimitValues.NONE, LimitValues.NONE, LimitValues.NONE), LimitValues.NONE))
        .isEqualTo(Limits.DEFAULT);
  }

  @Test
  void theNearestWordCounts() {
    Member member = Member.MEMORY_BYTES;
    LimitValues general = values(member, 10L << 20);
    LimitValues own = values(member, 20L << 20);
    LimitValues tuned = values(member, 30L << 20);
    LimitValues none = LimitValues.NONE;
    assertThat(limits(settings(general, none, none), none).memoryBytes()).isEqualTo(10L << 20);
    assertThat(limits(settings(general, none, none), own).memoryBytes()).isEqualTo(20L << 20);
    assertThat(limits(settings(general, tuned, none), own).memoryBytes()).isEqualTo(30L << 20);
    assertThat(settings(general, tuned, none).of("other", none).memoryBytes()).isEqualTo(10L << 20);
  }

  @Test
  void aDefaultAboveTheCeilingIsLoweredToIt() {
    for (Member member : Member.values()) {
      LimitValues ceiling = values(member, Math.max(member.least(), member.byDefault() / 2));
      Limits limits =
          limits(settings(LimitValues.NONE, LimitValues.NONE, ceiling), LimitValues.NONE);
      assertThat(member.of(limits)).as(member.key()).isEqualTo(member.byDefault() / 2);
    }
  }

  @Test
  void whatIsSetAboveTheCeilingIsRefusedWithToolMemberAndBothValues() {
    LimitValues ceiling = values(Member.PROCESSES, 10);
    LimitValues above = values(Member.PROCESSES, 11);
    LimitValues none = LimitValues.NONE;
    assertThatThrownBy(() -> limits(settings(none, none, ceiling), above))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining(
            "Tool tool: its own limits set processes to 11, above sandbox.ceiling.processes, which"
                + " is 10.");
    assertThatThrownBy(() -> limits(settings(none, above, ceiling), none))
        .hasMessageContaining("Tool tool: sandbox.tool_limits.tool set processes to 11");
    assertThatThrownBy(() -> limits(settings(above, none, ceiling), none))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.problem().detail())
                  .startsWith("Every tool: sandbox.limits set processes to 11");
              assertThat(refusal.problem().rule()).isEqualTo("sandbox.ceiling.processes");
              assertThat(refusal.problem().hint())
                  .isEqualTo("Set processes to at most 10, or raise the ceiling.");
            });
  }

  @Test
  void whatEqualsTheCeilingIsTaken() {
    LimitValues ten = values(Member.PROCESSES, 10);
    assertThat(limits(settings(ten, ten, ten), ten).processes()).isEqualTo(10);
  }

  @Test
  void aLimitForAToolThatDoesNotExistIsRefusedWithTheNearest() {
    var settings =
        new LimitSettings(
            LimitValues.NONE, Map.of("proces_run", LimitValues.NONE), LimitValues.NONE);
    assertThatThrownBy(() -> settings.check(List.of("fs_read", "process_run")))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("proces_run")
        .hasMessageContaining("The nearest tool is process_run.");
  }

  @Test
  void cpuTimeThatNobodySetFollowsWallTimeAndRate() {
    LimitValues own = new LimitValues(Map.of(Member.WALL_MS, 600_000L, Member.CPU_PERCENT, 50L));
    LimitSettings none = settings(LimitValues.NONE, LimitValues.NONE, LimitValues.NONE);
    assertThat(limits(none, own).cpuMillis()).isEqualTo(300_000);
    LimitSettings ceiling =
        settings(LimitValues.NONE, LimitValues.NONE, values(Member.CPU_MS, 1_000));
    assertThat(limits(ceiling, own).cpuMillis()).isEqualTo(1_000);
    LimitSettings general =
        settings(values(Member.CPU_MS, 7_000), LimitValues.NONE, LimitValues.NONE);
    assertThat(limits(general, own).cpuMillis()).isEqualTo(7_000);
  }

  @Test
  void everyMemberIsReadWithinItsBoundsAndNothingElse() {
    JsonValue.Builder all = JsonValue.object();
    for (Member member : Member.values()) {
      all.put(member.key(), member.least());
    }
    LimitValues read = LimitValues.read(JsonFields.of(all.build(), "/limits"));
    assertThat(read.members()).hasSize(Member.values().length);
    for (Member member : Member.values()) {
      JsonValue above = JsonValue.object().put(member.key(), member.most() + 1).build();
      assertThatThrownBy(() -> LimitValues.read(JsonFields.of(above, "/limits")))
          .hasMessageContaining("/limits/" + member.key());
    }
    JsonValue unknown = JsonValue.object().put("cpu_mss", 5).build();
    assertThatThrownBy(() -> LimitValues.read(JsonFields.of(unknown, "/limits")))
        .hasMessageContaining("did you mean cpu_ms?");
  }
}
