/**
 * File operations inside the gateway (backend {@code file}) and the resolution of paths for the
 * planner. Every file is opened by openat2 from a root's descriptor, beneath it and through no
 * link; a path string is never opened, and nothing here decides what is allowed.
 */
@NullMarked
package dev.chitin.sandbox.file;

import org.jspecify.annotations.NullMarked;
