/**
 * Looks at durable entries of the log for what somebody should know of: rules over bounded sliding
 * windows, the alerts that they raise, and the webhooks that carry them away. Nothing here is in
 * the way of a commit, and nothing here ever decides on a call.
 */
@NullMarked
package dev.chitin.audit.alert;

import org.jspecify.annotations.NullMarked;
