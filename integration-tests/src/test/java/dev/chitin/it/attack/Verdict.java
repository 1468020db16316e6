package dev.chitin.it.attack;

/** What came of one case on one target. */
sealed interface Verdict {

  /** One short word or phrase of why; empty when there is nothing to say. */
  String why();

  /** As it stands in the table. */
  String word();

  /** The attack had no effect, and the run ended under its right name. */
  record Held() implements Verdict {
    @Override
    public String why() {
      return "";
    }

    @Override
    public String word() {
      return "held";
    }
  }

  /** The attack had an effect, or the target said something else than what happened. */
  record Broken(String why) implements Verdict {
    @Override
    public String word() {
      return "BROKEN";
    }
  }

  /** The case says nothing about this target. */
  record NotApplicable(String why) implements Verdict {
    @Override
    public String word() {
      return "n/a";
    }
  }
}
