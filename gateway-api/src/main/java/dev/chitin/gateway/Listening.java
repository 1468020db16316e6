package dev.chitin.gateway;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.netty.channel.unix.Errors;
import io.vertx.core.Future;
import java.net.BindException;

/** Waits for a listener and says plainly when its port is taken. */
final class Listening {
  private Listening() {}

  static String await(Future<String> deployment, GatewaySettings settings) {
    try {
      return deployment.await();
    } catch (Exception e) {
      if (isTaken(e)) {
        throw Problem.of(
                ProblemCode.CONFIG_INVALID,
                "The port " + settings.edge().port() + " cannot be listened on: it is taken.")
            .withRule("gateway.port")
            .withHint("Stop what listens there, or choose another port with --port.")
            .toException(e);
      }
      throw ChitinException.from(e);
    }
  }

  /** The native transports have an exception of their own for what the JDK calls BindException. */
  private static boolean isTaken(Exception e) {
    return e instanceof BindException
        || (e instanceof Errors.NativeIoException refused
            && String.valueOf(refused.getMessage()).contains("in use"));
  }
}
