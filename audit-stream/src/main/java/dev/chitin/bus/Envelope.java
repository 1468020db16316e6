package dev.chitin.bus;

import org.jspecify.annotations.Nullable;

/**
 * What crosses the bus around a request: who sent it (for cancellation) and until when it matters.
 *
 * @param id the sender's name for this request
 * @param deadline when the sender stops to care
 * @param trace the span that asked, or null outside of traces
 * @param body the request, an immutable record
 */
record Envelope(CorrelationId id, Deadline deadline, @Nullable TraceContext trace, Object body) {

  /** A request outside of traces. */
  Envelope(CorrelationId id, Deadline deadline, Object body) {
    this(id, deadline, null, body);
  }

  /**
   * The name of one request in flight.
   *
   * @param endpoint random number of the endpoint that sent it
   * @param sequence its number there
   */
  record CorrelationId(long endpoint, long sequence) {}

  /** What a server answers with. */
  record Reply(Object body) {}

  /** What a client publishes when it no longer wants the answer. */
  record Cancel(CorrelationId id, String reason) {}
}
