package dev.chitin.bus;

/**
 * A place on the bus that takes one type of request and gives one type of answer.
 *
 * @param name the event bus address, dotted lower case
 * @param request the immutable type of requests
 * @param reply the immutable type of answers
 */
public record Address<Q, R>(String name, Class<Q> request, Class<R> reply) {

  String cancelName() {
    return name + ".cancel";
  }
}
