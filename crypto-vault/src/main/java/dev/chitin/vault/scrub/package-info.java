/**
 * Finding secrets in bytes that go out: in answers, logs and error documents. What is looked for is
 * kept in secret memory; the heap holds keyed fingerprints at most.
 */
@NullMarked
package dev.chitin.vault.scrub;

import org.jspecify.annotations.NullMarked;
