/**
 * The measurements of the design: each row a figure of ours beside a reference measured in the same
 * run. Absolute figures on shared machines move; the ratios count.
 */
@NullMarked
package dev.chitin.it.bench;

import org.jspecify.annotations.NullMarked;
