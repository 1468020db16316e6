package dev.chitin.vault.scrub;

/** Bytes that are looked through, wherever they lie. */
@FunctionalInterface
interface Text {
  byte at(long index);
}
