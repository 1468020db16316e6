package dev.chitin.it.attack;

/**
 * One attack of the abuse list.
 *
 * @param number its number in that list
 * @param name stable, for tests, tables and {@code bin/attack --case}
 * @param attacks what it tries, in a few words
 * @param attack how
 */
record AttackCase(int number, String name, String attacks, Attack attack) {}
