/**
 * The HTTP edge: what a request has to pass before anybody works for it, the routes, and how
 * answers, streams and problems are written. No route decides what a tool may do.
 */
@NullMarked
package dev.chitin.gateway.http;

import org.jspecify.annotations.NullMarked;
