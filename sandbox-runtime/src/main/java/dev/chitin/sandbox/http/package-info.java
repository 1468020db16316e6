/**
 * The backend that makes an HTTP request from the gateway on a tool's behalf: the address is
 * checked and pinned, a secret goes in at the last moment and is taken out of what comes back.
 */
@NullMarked
package dev.chitin.sandbox.http;

import org.jspecify.annotations.NullMarked;
