/**
 * The way to model providers: the two dialects that clients speak, what a request must look like,
 * what it costs, and how one is carried out under a plan, a decision and a record like any tool.
 * HTTP routes are declared elsewhere; nothing here holds a credential or a text longer than it
 * passes through.
 */
@NullMarked
package dev.chitin.gateway.llm;

import org.jspecify.annotations.NullMarked;
