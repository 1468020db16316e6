/**
 * Taking over a changed configuration while the gateway serves: all of it or nothing. What a key
 * means is decided elsewhere; here stands only which keys may change without a restart.
 */
@NullMarked
package dev.chitin.gateway.reload;

import org.jspecify.annotations.NullMarked;
