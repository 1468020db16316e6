package dev.chitin.bus;

import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/** A {@link ChitinException} on its way back over the bus. */
final class BusFailure extends ReplyException {
  private static final long serialVersionUID = 1L;

  private final transient ChitinException failure;

  BusFailure(ChitinException failure) {
    super(ReplyFailure.RECIPIENT_FAILURE, failure.code().status(), failure.code().code());
    this.failure = failure;
  }

  ChitinException failure() {
    return failure;
  }
}
