package dev.chitin.gateway;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.http.EdgeSettings;
import io.netty.channel.unix.Errors;
import java.net.BindException;
import java.net.UnknownHostException;

/** Says plainly why a listener does not listen. */
final class Listening {
  private Listening() {}

  /** Why nothing listens, when that is for the operator to mend. */
  static ChitinException explained(Exception failure, EdgeSettings edge) {
    String text = String.valueOf(failure.getMessage());
    if (failure instanceof UnknownHostException) {
      return ListenerCheck.unknownName(edge, failure);
    }
    // The native transports have an exception of their own for what the JDK calls BindException.
    if (!(failure instanceof BindException || failure instanceof Errors.NativeIoException)) {
      return ChitinException.from(failure);
    }
    if (text.contains("in use")) {
      return Problem.of(
              ProblemCode.CONFIG_INVALID,
              "The port " + edge.port() + " cannot be listened on: it is taken.")
          .withRule("gateway.port")
          .withHint("Stop what listens there, or choose another port with --port.")
          .toException(failure);
    }
    if (text.contains("ermission denied")) {
      return Problem.of(
              ProblemCode.CONFIG_INVALID,
              "The port " + edge.port() + " cannot be listened on: this user may not.")
          .withRule("gateway.port")
          .withHint("Choose a port from 1024 on, and have a proxy or the firewall lead there.")
          .toException(failure);
    }
    return text.contains("assign requested address")
        ? Problem.of(
                ProblemCode.CONFIG_INVALID,
                "gateway.host is " + edge.host() + ", which is no address of this machine.")
            .withRule(ListenerCheck.HOST)
            .withHint("Name one that it has, 0.0.0.0 or :: for all of them, or 127.0.0.1.")
            .toException(failure)
        : ChitinException.from(failure);
  }
}
