package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private final List<String> begun = new ArrayList<>();
  private final AtomicInteger evictions = new AtomicInteger();
  private final AtomicInteger idle = new AtomicInteger();

  private Admission admission(
      int runs, int runsPerTenant, int waiting, int waitingPerTenant, int setUps) {
    return new Admission(
        new RunBounds(runs, runsPerTenant, waiting, waitingPerTenant, setUps),
        evictions::incrementAndGet,
        idle::incrementAndGet);
  }

  private Admission.Ticket ticket(String tenant, String principal, String name) {
    return new Admission.Ticket(new Admission.Party(tenant, principal), () -> begun.add(name));
  }

  private Admission.Ticket enter(
      Admission admission, String tenant, String principal, String name) {
    Admission.Ticket ticket = ticket(tenant, principal, name);
    admission.enter(ticket);
    return ticket;
  }

  @Test
  void setUpsAreBoundedApartFromRuns() {
    Admission admission = admission(10, 10, 10, 10, 1);
    Admission.Ticket first = enter(admission, "a", "p", "1");
    enter(admission, "a", "p", "2");
    assertThat(begun).containsExactly("1");
    admission.setUpDone(first);
    admission.setUpDone(first);
    assertThat(begun).containsExactly("1", "2");
  }

  @Test
  void aFloodOfOneTenantDoesNotKeepAnotherWaiting() {
    Admission admission = admission(1, 1, 1_000, 999, 1);
    List<Admission.Ticket> flood = new ArrayList<>();
    for (int i = 0; i < 501; i++) {
      flood.add(enter(admission, "flood", "p" + i % 50, "flood" + i));
    }
    enter(admission, "quiet", "q", "quiet");
    admission.leave(flood.get(0));
    admission.leave(flood.get(1));
    assertThat(begun).containsExactly("flood0", "flood1", "quiet");
  }

  @Test
  void turnsGoRoundTenantsAndThenPrincipals() {
    Admission admission = admission(100, 100, 100, 100, 1);
    List<Admission.Ticket> tickets = new ArrayList<>();
    tickets.add(enter(admission, "x", "x", "first"));
    for (String name : List.of("a1", "a2", "a3")) {
      tickets.add(enter(admission, "A", "a", name));
    }
    tickets.add(enter(admission, "A", "b", "b1"));
    tickets.add(enter(admission, "B", "c", "c1"));
    for (int i = 0; i < 5; i++) {
      tickets.forEach(admission::setUpDone);
    }
    assertThat(begun).containsExactly("first", "a1", "c1", "b1", "a2", "a3");
  }

  @Test
  void aTenantsBoundLeavesRoomForOthers() {
    Admission admission = admission(4, 3, 100, 100, 100);
    for (int i = 0; i < 10; i++) {
      enter(admission, "a", "p", "a" + i);
    }
    assertThat(begun).hasSize(3);
    enter(admission, "b", "p", "b");
    assertThat(begun).hasSize(4).endsWith("b");
  }

  @Test
  void whatFindsNoPlaceToWaitIsRefusedWithTheBoundThatStruck() {
    Admission admission = admission(1, 1, 3, 2, 1);
    enter(admission, "a", "p", "runs");
    enter(admission, "a", "p", "w1");
    enter(admission, "a", "p", "w2");
    assertThatThrownBy(() -> enter(admission, "a", "p", "w3"))
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.SANDBOX_BUSY);
              assertThat(e.code().status()).isEqualTo(429);
              assertThat(e.problem().rule()).isEqualTo("sandbox.max_waiting_per_tenant");
            });
    enter(admission, "b", "p", "w3");
    assertThatThrownBy(() -> enter(admission, "c", "p", "w4"))
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> assertThat(e.problem().rule()).isEqualTo("sandbox.max_waiting"));
    assertThat(admission.load()).isEqualTo(new Admission.Load(1, 0, 3, 2));
  }

  @Test
  void theGatewaysOwnProbesFindAPlaceInAFlood() {
    Admission admission = admission(1, 1, 1, 1, 1);
    Admission.Ticket running = enter(admission, "flood", "p", "1");
    enter(admission, "flood", "p", "2");
    enter(admission, ProbeCall.TENANT, "gateway", "probe");
    admission.leave(running);
    assertThat(begun).containsExactly("1", "2");
  }

  @Test
  void whatIsWithdrawnNeverBegins() {
    Admission admission = admission(1, 1, 10, 10, 1);
    Admission.Ticket running = enter(admission, "a", "p", "1");
    Admission.Ticket waiting = enter(admission, "a", "p", "2");
    assertThat(admission.withdraw(waiting)).isTrue();
    assertThat(admission.withdraw(waiting)).isFalse();
    assertThat(admission.withdraw(running)).isFalse();
    admission.leave(waiting);
    admission.leave(running);
    admission.leave(running);
    assertThat(begun).containsExactly("1");
    assertThat(idle).hasPositiveValue();
    assertThat(admission.load()).isEqualTo(new Admission.Load(0, 0, 0, 0));
  }

  @Test
  void warmSandboxesCountAndGiveWayToACall() {
    Admission admission = admission(2, 2, 10, 10, 2);
    assertThat(admission.reserve("a")).isTrue();
    assertThat(admission.reserve("a")).isTrue();
    assertThat(admission.reserve("a")).as("a third of two").isFalse();
    enter(admission, "b", "p", "call");
    assertThat(begun).isEmpty();
    assertThat(evictions).hasValue(1);
    admission.release("a");
    assertThat(begun).containsExactly("call");
  }

  @Test
  void nothingIsReservedWhileACallWaits() {
    Admission admission = admission(2, 1, 10, 10, 2);
    enter(admission, "a", "p", "1");
    enter(admission, "a", "p", "2");
    assertThat(admission.reserve("b")).isFalse();
  }
}
