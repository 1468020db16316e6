/**
 * Patterns over paths: how they are written, folded and matched. Links are followed here while
 * rules are compiled and never while they are applied; no file is opened.
 */
@NullMarked
package dev.chitin.policy.path;

import org.jspecify.annotations.NullMarked;
