/**
 * Tools and how they run: the registry of definitions, the planner that turns a call into one exact
 * plan, the executor that walks it through decision, record and lease, and the backends. What is
 * allowed is decided elsewhere; nothing here may run without a spent decision and a receipt.
 */
@NullMarked
package dev.chitin.sandbox;

import org.jspecify.annotations.NullMarked;
