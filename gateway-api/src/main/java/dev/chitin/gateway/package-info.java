/**
 * The front door and the whole: {@code main}, and the wiring that starts log, vault, policy,
 * sandbox and edge in their order and stops them in reverse. Nothing that a lower module could do
 * lives here.
 */
@NullMarked
package dev.chitin.gateway;

import org.jspecify.annotations.NullMarked;
