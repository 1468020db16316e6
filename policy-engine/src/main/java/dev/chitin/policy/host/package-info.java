/**
 * Host names, IP literals and patterns over them, parsed by hand: the platform's parsers accept
 * spellings that other programs read as other addresses. Nothing here resolves a name.
 */
@NullMarked
package dev.chitin.policy.host;

import org.jspecify.annotations.NullMarked;
