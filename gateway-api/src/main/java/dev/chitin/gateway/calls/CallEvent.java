package dev.chitin.gateway.calls;

/**
 * One event of a call.
 *
 * @param id its number within the call, from 0 on
 * @param name {@code started}, {@code stdout}, {@code stderr}, {@code result} or {@code error}
 * @param data JSON on one line
 */
public record CallEvent(long id, String name, String data) {
  /**
   * What it counts against the bound of an {@link EventRing}: the outcome, which is bounded itself,
   * must not push out what led to it.
   */
  int size() {
    return name.equals("result") || name.equals("error") ? 0 : data.length();
  }
}
