/**
 * The ways in which a plan can run. A backend does exactly what the plan says and decides nothing;
 * the executor has checked decision and receipt before it is called.
 */
@NullMarked
package dev.chitin.sandbox.backend;

import org.jspecify.annotations.NullMarked;
