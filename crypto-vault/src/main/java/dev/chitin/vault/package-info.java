/**
 * Secrets: the encrypted store, the keys above it, the memory in which a secret may be clear, and
 * the leases by which it is handed out. No type in here turns a secret into a {@code String},
 * prints, compares or serialises it; what a secret is used for may not live here.
 */
@NullMarked
package dev.chitin.vault;

import org.jspecify.annotations.NullMarked;
