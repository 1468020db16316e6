package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides when a native call may begin: at most so many sandboxes at once, in all and for each
 * tenant, and at most so many that are being set up. What cannot begin waits its turn; turns go
 * round the tenants, and within a tenant round its principals, so that nobody's flood keeps another
 * waiting. What finds no place to wait is refused with {@code sandbox.busy}.
 *
 * <p>Warm sandboxes take places of their tenant as well ({@link #reserve}); a call that finds none
 * has one of them evicted. Safe for use from any thread; begins run outside its lock, on the thread
 * that made room.
 */
final class Admission {

  /** Whose turn it is. */
  record Party(String tenant, String principal) {
    /**
     * Whether it is the gateway itself, which makes a handful of calls to attack its own sandbox: a
     * flood must not make a sound sandbox look unsound, so these always find a place to wait.
     */
    boolean isGateway() {
      return tenant.equals(ProbeCall.TENANT);
    }
  }

  /** One call's place, waiting or running. */
  static final class Ticket {
    private final Party party;
    private final Runnable begin;
    private boolean settingUp;
    private boolean left;

    /**
     * @param begin called once when the call may begin, on any thread; must not block
     */
    Ticket(Party party, Runnable begin) {
      this.party = party;
      this.begin = begin;
    }
  }

  private final RunBounds bounds;
  private final Runnable evict;
  private final Runnable idle;
  private final FairQueue<Ticket> waiting = new FairQueue<>();
  private final Map<String, Integer> occupied = new HashMap<>();
  private int running;
  private int reserved;
  private int evicting;
  private int settingUp;
  private long refusals;

  /**
   * @param evict gives up one reservation, soon; called without the lock
   * @param idle hears when neither a run nor a reservation is left; called without the lock
   */
  Admission(RunBounds bounds, Runnable evict, Runnable idle) {
    this.bounds = bounds;
    this.evict = evict;
    this.idle = idle;
  }

  /**
   * Lets a call begin now or later.
   *
   * @throws dev.chitin.bus.ChitinException {@code sandbox.busy} when there is no place to wait
   */
  void enter(Ticket ticket) {
    Party party = ticket.party;
    synchronized (this) {
      if (!party.isGateway()) {
        refuseIfFull(party);
      }
      waiting.add(party.tenant(), party.principal(), ticket);
    }
    pump();
  }

  private void refuseIfFull(Party party) {
    if (waiting.size() >= bounds.waiting()) {
      refusals++;
      throw busy("sandbox.max_waiting", bounds.waiting(), "in all");
    }
    if (waiting.size(party.tenant()) >= bounds.waitingPerTenant()) {
      refusals++;
      throw busy("sandbox.max_waiting_per_tenant", bounds.waitingPerTenant(), "of yours");
    }
  }

  private static RuntimeException busy(String rule, int bound, String whose) {
    return Problem.of(
            ProblemCode.SANDBOX_BUSY,
            "Already " + bound + " calls " + whose + " wait for a sandbox.")
        .withRule(rule)
        .withHint("Try again when calls have ended, or raise " + rule + ".")
        .toException();
  }

  /** The sandbox of this call stands; the next may be set up. */
  void setUpDone(Ticket ticket) {
    synchronized (this) {
      if (!ticket.settingUp) {
        return;
      }
      ticket.settingUp = false;
      settingUp--;
    }
    pump();
  }

  /** Nothing of this call is left. Harmless when repeated. */
  void leave(Ticket ticket) {
    setUpDone(ticket);
    synchronized (this) {
      if (ticket.left) {
        return;
      }
      ticket.left = true;
      running--;
      free(ticket.party.tenant());
    }
    pump();
  }

  /** Takes a call out that has not begun; false when it has, and has to be ended otherwise. */
  synchronized boolean withdraw(Ticket ticket) {
    boolean waited = waiting.remove(ticket.party.tenant(), ticket.party.principal(), ticket);
    ticket.left |= waited;
    return waited;
  }

  /** Takes a place for a warm sandbox of {@code tenant}, if nobody wants it. */
  synchronized boolean reserve(String tenant) {
    boolean room =
        waiting.size() == 0
            && running + reserved < bounds.runs()
            && occupied.getOrDefault(tenant, 0) < bounds.runsPerTenant();
    if (room) {
      reserved++;
      occupied.merge(tenant, 1, Integer::sum);
    }
    return room;
  }

  /** Gives a reserved place back. */
  void release(String tenant) {
    synchronized (this) {
      reserved--;
      evicting = Math.max(0, evicting - 1);
      free(tenant);
    }
    pump();
  }

  private void free(String tenant) {
    occupied.computeIfPresent(tenant, (name, count) -> count == 1 ? null : count - 1);
  }

  /** Begins what may begin. */
  private void pump() {
    List<Runnable> begins = new ArrayList<>();
    int evictions = 0;
    boolean nothingLeft;
    synchronized (this) {
      while (settingUp < bounds.setUps() && running + reserved < bounds.runs()) {
        Optional<Ticket> next = waiting.poll(this::hasRoom);
        if (next.isEmpty()) {
          break;
        }
        begins.add(begin(next.get()));
      }
      if (waiting.size() > 0 && settingUp < bounds.setUps()) {
        evictions = Math.min(waiting.size(), reserved - evicting);
        evicting += evictions;
      }
      nothingLeft = running + reserved == 0;
    }
    begins.forEach(Runnable::run);
    if (nothingLeft) {
      idle.run();
    }
    for (int i = 0; i < evictions; i++) {
      evict.run();
    }
  }

  private boolean hasRoom(String tenant) {
    return occupied.getOrDefault(tenant, 0) < bounds.runsPerTenant();
  }

  private Runnable begin(Ticket ticket) {
    ticket.settingUp = true;
    settingUp++;
    running++;
    occupied.merge(ticket.party.tenant(), 1, Integer::sum);
    return ticket.begin;
  }

  /** What is going on, for metrics. */
  record Load(int running, int warm, int waiting, long refusals) {}

  synchronized Load load() {
    return new Load(running, reserved, waiting.size(), refusals);
  }
}
