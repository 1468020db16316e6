package dev.chitin.gateway.http;

import dev.chitin.gateway.calls.StreamBounds;

/**
 * What the edge holds at most.
 *
 * @param connections connections at once
 * @param connectionsPerAddress of one peer address
 * @param headerBytes size of all header fields
 * @param headerTimeoutMillis time from a connection's beginning to the end of its first header
 * @param bodyBytes size of a call's body
 * @param bodyTimeoutMillis time to send a body
 * @param calls running calls in all
 * @param callsPerPrincipal running calls of one principal
 * @param callTimeoutMillis longest call
 * @param streams streams of calls' events
 */
public record EdgeBounds(
    int connections,
    int connectionsPerAddress,
    int headerBytes,
    long headerTimeoutMillis,
    int bodyBytes,
    long bodyTimeoutMillis,
    int calls,
    int callsPerPrincipal,
    long callTimeoutMillis,
    StreamBounds streams) {}
