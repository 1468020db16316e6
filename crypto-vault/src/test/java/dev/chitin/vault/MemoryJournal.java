package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A log that keeps marks in memory and outlives the vault's process; fails when told to. */
final class MemoryJournal implements VaultJournal {
  final List<Mark> marks = new ArrayList<>();
  volatile boolean failing;
  Runnable before = () -> {};

  @Override
  public synchronized Optional<Mark> last() {
    for (int i = marks.size() - 1; i >= 0; i--) {
      if (marks.get(i).action().tellsState()) {
        return Optional.of(marks.get(i));
      }
    }
    return Optional.empty();
  }

  @Override
  public synchronized void append(Mark mark) {
    if (failing) {
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "no log").toException();
    }
    before.run();
    marks.add(mark);
  }

  List<Action> actions() {
    return marks.stream().map(Mark::action).toList();
  }
}
