/**
 * Native processes in a bubblewrap sandbox: the option list, mounts and their denies, limits, the
 * life of one run, and the proof that the controls hold. A process of the host's root user is never
 * the parent of a sandbox, a tool is never started without its limits, and nothing here decides
 * what is allowed.
 */
@NullMarked
package dev.chitin.sandbox.bwrap;

import org.jspecify.annotations.NullMarked;
