/**
 * The operator's configuration: read from JSON5 with the place of each key, checked against the one
 * table of known keys, overridden by environment variables, and turned into typed settings. Nothing
 * here starts anything.
 */
@NullMarked
package dev.chitin.gateway.config;

import org.jspecify.annotations.NullMarked;
