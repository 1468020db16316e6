/**
 * How lines of the process's log are written. What may stand in them is decided where they are
 * made, and what must not is taken out behind this.
 */
@NullMarked
package dev.chitin.gateway.logging;

import org.jspecify.annotations.NullMarked;
