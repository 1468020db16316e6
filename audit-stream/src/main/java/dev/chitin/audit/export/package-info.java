/**
 * Entries in the formats of other systems: pure functions of one entry, without keys, clocks or
 * state.
 */
@NullMarked
package dev.chitin.audit.export;

import org.jspecify.annotations.NullMarked;
