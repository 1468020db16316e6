/**
 * Tests of the whole: a gateway started as its users start it, called over its edges, attacked,
 * killed and started again. Nothing here reaches into a module.
 */
@NullMarked
package dev.chitin.it;

import org.jspecify.annotations.NullMarked;
