/**
 * The ciphers of the vault over memory segments, and the one sealed form that it writes. A key
 * comes in as a segment and is neither kept nor copied to the heap by the OpenSSL engine.
 */
@NullMarked
package dev.chitin.vault.crypto;

import org.jspecify.annotations.NullMarked;
