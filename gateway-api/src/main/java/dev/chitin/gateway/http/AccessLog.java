package dev.chitin.gateway.http;

import dev.chitin.gateway.auth.Caller;
import io.vertx.core.http.HttpServerRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line for each answer: method, the route's template, status, bytes, duration, principal and
 * request id. Of the path, the query and the fields that a client sent it holds nothing. Off unless
 * the operator wants it. Thread safe.
 */
public final class AccessLog {
  private static final Logger LOG = LoggerFactory.getLogger("dev.chitin.access");

  private volatile boolean on;

  public AccessLog(boolean on) {
    this.on = on;
  }

  /** Writes lines from now on, or none. */
  public void turn(boolean on) {
    this.on = on;
  }

  void write(Arrival arrival, HttpServerRequest request, int status, long nanos) {
    if (!on) {
      return;
    }
    Caller caller = arrival.caller();
    String method = Arrival.method(request);
    String principal = caller == null ? "-" : caller.account();
    long bytes = request.response().bytesWritten();
    long micros = nanos / 1_000;
    LOG.atInfo()
        .addKeyValue("method", method)
        .addKeyValue("route", arrival.template())
        .addKeyValue("status", status)
        .addKeyValue("bytes", bytes)
        .addKeyValue("durationUs", micros)
        .addKeyValue("principal", principal)
        .addKeyValue("requestId", arrival.requestId())
        .log(
            "{} {} {} {} B {} us {} {}",
            method,
            arrival.template(),
            status,
            bytes,
            micros,
            principal,
            arrival.requestId());
  }
}
