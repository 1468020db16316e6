/**
 * What opens a vault: the credentials, the device that a slot is bound to, the derivation from a
 * passphrase in a process of its own, and the bound on failed attempts. Nothing here keeps a
 * credential longer than the caller does.
 */
@NullMarked
package dev.chitin.vault.unlock;

import org.jspecify.annotations.NullMarked;
