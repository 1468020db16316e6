/**
 * HPKE (RFC 9180) over native memory: what is sealed to another vault's or node's public key. A
 * private key never lies on the heap.
 */
@NullMarked
package dev.chitin.vault.hpke;

import org.jspecify.annotations.NullMarked;
