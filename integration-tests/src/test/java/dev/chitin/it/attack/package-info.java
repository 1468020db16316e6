/**
 * The abuse list as one catalogue of named cases, used twice: as tests of the real gateway, and by
 * {@code bin/attack} as a scoreboard that sets the gateway beside a naive bubblewrap line.
 *
 * <p>A case is an {@link dev.chitin.it.attack.AttackCase}; the groups of cases are the classes
 * {@code …Cases}, listed in {@link dev.chitin.it.attack.Catalogue}. A new group is one more class
 * and one more line there. Probes refuse to run outside a sandbox, and the naive target runs only
 * inside a fence of its own ({@link dev.chitin.it.attack.Fence}).
 */
@NullMarked
package dev.chitin.it.attack;

import org.jspecify.annotations.NullMarked;
