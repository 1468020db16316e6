/**
 * The files of the vault: how they are written so that a crash leaves the old or the new state, and
 * what the manifest says of them. Nothing here holds a key or a secret in clear.
 */
@NullMarked
package dev.chitin.vault.store;

import org.jspecify.annotations.NullMarked;
