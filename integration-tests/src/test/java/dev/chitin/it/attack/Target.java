package dev.chitin.it.attack;

import java.io.IOException;

/** What is attacked. */
interface Target extends AutoCloseable {
  /** As {@code --target} names it. */
  String name();

  /** Runs one case. */
  Verdict attack(AttackCase attack) throws Exception;

  @Override
  void close() throws IOException;
}
