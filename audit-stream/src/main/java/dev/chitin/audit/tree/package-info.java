/**
 * The Merkle tree of RFC 6962 section 2.1 and its form on the wire (C2SP tlog-tiles): hashes, the
 * growing edge, tiles, and proofs. Pure arithmetic over hashes: no file, no key and no event lives
 * here.
 */
@NullMarked
package dev.chitin.audit.tree;

import org.jspecify.annotations.NullMarked;
