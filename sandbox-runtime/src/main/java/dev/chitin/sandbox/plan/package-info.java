/**
 * The planner: from a call and a definition to one exact plan. It looks at the world (links, files,
 * programs) once and decides nothing; a plan that it makes may well be denied.
 */
@NullMarked
package dev.chitin.sandbox.plan;

import org.jspecify.annotations.NullMarked;
