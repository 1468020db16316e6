/**
 * Calls that outlive the request that made them: what they have said, how they ended, and which
 * request they belong to. Nothing here runs a tool, and nothing grows without a bound.
 */
@NullMarked
package dev.chitin.gateway.calls;

import org.jspecify.annotations.NullMarked;
