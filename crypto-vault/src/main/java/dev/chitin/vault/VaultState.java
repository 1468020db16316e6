package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Manifest;

/**
 * What is on disk.
 *
 * @param digest of the manifest's file
 */
record VaultState(Manifest manifest, Digest digest, Header header) {}
