/** Looks for copies of secrets and keys in the memory and the dumps of a gateway that works. */
@NullMarked
package dev.chitin.it.memory;

import org.jspecify.annotations.NullMarked;
