/**
 * What the gateway tells of itself while it works: metrics by closed sets of labels, traces by
 * OpenTelemetry, and the ticks of its event loops. Nothing here holds an argument, an output, a
 * header's value or a secret, and nothing here decides anything.
 */
@NullMarked
package dev.chitin.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
