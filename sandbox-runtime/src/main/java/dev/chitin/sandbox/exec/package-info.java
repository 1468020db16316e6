/**
 * The executor: the order in which a call passes the planner, policy, the log, the vault and a
 * backend. It knows no backend by its type and decides nothing itself.
 */
@NullMarked
package dev.chitin.sandbox.exec;

import org.jspecify.annotations.NullMarked;
