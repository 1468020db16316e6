/**
 * The gateway's certificate and key: read, checked against each other, and renewed while it runs.
 */
@NullMarked
package dev.chitin.gateway.tls;

import org.jspecify.annotations.NullMarked;
