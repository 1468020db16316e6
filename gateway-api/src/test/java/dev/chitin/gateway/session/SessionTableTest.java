package dev.chitin.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.Permissions;
import dev.chitin.gateway.auth.Role;
import dev.chitin.policy.Principal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How sessions begin, are found, and end. */
class SessionTableTest {
  private static final SessionBounds BOUNDS = new SessionBounds(1_000, 5_000, 3, 5);

  private final List<String> told = new ArrayList<>();
  private long now;
  private final SessionTable table =
      new SessionTable(
          BOUNDS, () -> now, (session, action, reason) -> told.add(action + ":" + reason));

  private static Caller caller(String name, String key) {
    return new Caller(
        new Principal("default", name, Set.of("agent")),
        Permissions.of(Set.of(Role.AGENT)),
        new Credential.Key(key));
  }

  private void pass(long millis) {
    now += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private void assertUnknown(String id, Caller caller) {
    assertThatThrownBy(() -> table.use(id, caller)).hasMessageContaining("session.unknown");
  }

  @Test
  void anIdHas256BitsAndNoTwoAreTheSame() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      String id = table.open(caller("a", "k")).id();
      assertThat(Base64.getUrlDecoder().decode(id)).hasSize(32);
      ids.add(id);
    }
    assertThat(ids).hasSize(1_000);
  }

  @Test
  void itIsBoundToItsPrincipalAndItsCredential() {
    Session session = table.open(caller("a", "k1"));
    assertThat(table.use(session.id(), caller("a", "k1")).id()).isEqualTo(session.id());
    assertUnknown(session.id(), caller("a", "k2"));
    assertUnknown(session.id(), caller("b", "k1"));
    assertUnknown("made-up", caller("a", "k1"));
  }

  @Test
  void itEndsWhenItIsIdleAndUseKeepsItUntilItIsOld() {
    Caller a = caller("a", "k");
    String id = table.open(a).id();
    for (int i = 0; i < 5; i++) {
      pass(999);
      table.use(id, a);
    }
    pass(5);
    assertUnknown(id, a);
    String other = table.open(a).id();
    pass(1_000);
    assertUnknown(other, a);
    assertThat(told).containsExactly("open:", "expire:absolute", "open:", "expire:idle");
    assertThat(table.size()).isZero();
  }

  @Test
  void aSweepFindsThemWithoutAnybodyAsking() {
    table.open(caller("a", "k"));
    pass(1_000);
    table.sweep();
    assertThat(told).containsExactly("open:", "expire:idle");
  }

  @Test
  void atTheBoundTheOneGivesWayThatWasNotUsedForLongestAndNeverAnothers() {
    Caller a = caller("a", "k");
    Caller b = caller("b", "k");
    String first = table.open(a).id();
    pass(1);
    String second = table.open(a).id();
    pass(1);
    table.open(a);
    pass(1);
    table.use(first, a);
    table.open(a);
    assertUnknown(second, a);
    table.use(first, a);
    String ofB = table.open(b).id();
    table.open(b);
    assertThat(table.size()).isEqualTo(5);
    table.open(a);
    table.use(ofB, b);
    assertThatThrownBy(() -> table.open(caller("c", "k")))
        .hasMessageContaining("gateway.overloaded");
    assertThat(table.size()).isEqualTo(5);
  }

  @Test
  void itEndsWithItsCredential() {
    Caller a = caller("a", "k1");
    Caller sameWithAnother = caller("a", "k2");
    String ends = table.open(a).id();
    String stays = table.open(sameWithAnother).id();
    table.check(credential -> !credential.equals(a.credential()));
    assertUnknown(ends, a);
    table.use(stays, sameWithAnother);
    assertThat(told).contains("close:credential");
  }

  @Test
  void itIsClosedByWhoMaySeeIt() {
    String id = table.open(caller("a", "k")).id();
    assertThatThrownBy(() -> table.close(id, session -> session.principal().id().equals("b")))
        .hasMessageContaining("session.unknown");
    table.close(id, session -> session.principal().id().equals("a"));
    assertThat(told).containsExactly("open:", "close:");
  }
}
