package dev.chitin.bus;

/**
 * Which trace a request belongs to, and which of its spans asked (W3C Trace Context, level 1). It
 * carries no decision: whether a step is recorded in the audit log never depends on it.
 *
 * @param traceId 32 lower-case hex digits, not all zero
 * @param spanId 16 lower-case hex digits, not all zero
 * @param sampled whether this gateway records the trace
 */
public record TraceContext(String traceId, String spanId, boolean sampled) {}
