package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What hangs on a credential ends with it, and nothing else does. */
class CredentialWatchTest {
  private static final Credential A = new Credential.Key("a");
  private static final Credential B = new Credential.Key("b");

  private final Set<Credential> holding = new HashSet<>(Set.of(A, B));
  private final List<Credential> asked = new ArrayList<>();
  private final List<String> ended = new ArrayList<>();
  private final CredentialWatch watch = new CredentialWatch(4, this::holds);

  private boolean holds(Credential credential) {
    asked.add(credential);
    return holding.contains(credential);
  }

  @Test
  void aCheckEndsWhatHangsOnWhatHoldsNoLongerOnceAndAsksOnceForEach() {
    watch.hold(A, () -> ended.add("a1"));
    watch.hold(A, () -> ended.add("a2"));
    watch.hold(B, () -> ended.add("b"));
    asked.clear();
    watch.check();
    assertThat(asked).containsExactlyInAnyOrder(A, B);
    assertThat(ended).isEmpty();
    holding.remove(A);
    watch.check();
    watch.check();
    assertThat(ended).containsExactlyInAnyOrder("a1", "a2");
    assertThat(watch.size()).isEqualTo(1);
  }

  @Test
  void whatIsOverIsNotEnded() {
    watch.hold(A, () -> ended.add("a")).close();
    holding.clear();
    watch.check();
    assertThat(ended).isEmpty();
    assertThat(watch.size()).isZero();
  }

  @Test
  void aCredentialThatEndedBeforeItsCallHungOnItIsRefused() {
    holding.remove(A);
    assertThatThrownBy(() -> watch.hold(A, () -> {})).hasMessageContaining("auth.invalid");
    assertThat(watch.size()).isZero();
  }

  @Test
  void placesAreBoundedAndComeBack() {
    List<CredentialWatch.Hold> holds = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      holds.add(watch.hold(A, () -> {}));
    }
    assertThatThrownBy(() -> watch.hold(B, () -> {})).hasMessageContaining("gateway.overloaded");
    holds.getFirst().close();
    holds.getFirst().close();
    watch.hold(B, () -> {});
    assertThatThrownBy(() -> watch.hold(B, () -> {})).hasMessageContaining("gateway.overloaded");
  }
}
