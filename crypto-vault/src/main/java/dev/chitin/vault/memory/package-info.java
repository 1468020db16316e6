/**
 * Memory in which a secret or a key may be clear: native, locked, kept out of dumps, wiped. Nothing
 * here knows what the bytes are.
 */
@NullMarked
package dev.chitin.vault.memory;

import org.jspecify.annotations.NullMarked;
