/**
 * Command lines: the argument grammars of known programs, and the rules that decide an argv by
 * them. Nothing here runs a program or expands an argument. Grammars lower risk; the boundary is
 * the sandbox.
 */
@NullMarked
package dev.chitin.policy.command;

import org.jspecify.annotations.NullMarked;
