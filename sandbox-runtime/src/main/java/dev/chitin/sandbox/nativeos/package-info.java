/**
 * Linux as this module needs it: system calls through the foreign function interface, descriptors
 * with an owner, one thread that spawns processes and one that waits for descriptors. Nothing here
 * knows what a tool, a plan or a sandbox is, and nothing here decides.
 */
@NullMarked
package dev.chitin.sandbox.nativeos;

import org.jspecify.annotations.NullMarked;
