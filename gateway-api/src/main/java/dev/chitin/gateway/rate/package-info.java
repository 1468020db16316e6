/**
 * How often somebody may ask: token buckets by address and by principal, and the record of who was
 * over. Nothing here grows with what clients send.
 */
@NullMarked
package dev.chitin.gateway.rate;

import org.jspecify.annotations.NullMarked;
