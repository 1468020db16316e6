package dev.chitin.gateway.http;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts the open connections of all listeners, in all and by peer address. It holds an entry only
 * for an address with a connection, so it is bounded by the connections themselves.
 */
public final class Connections {
  private final int most;
  private final int mostPerAddress;
  private final Map<String, Integer> byAddress = new HashMap<>();
  private int open;
  private long refused;

  public Connections(int most, int mostPerAddress) {
    this.most = most;
    this.mostPerAddress = mostPerAddress;
  }

  /** Takes a place for one of {@code address}; false when there is none. */
  synchronized boolean enter(String address) {
    int own = byAddress.getOrDefault(address, 0);
    if (open >= most || own >= mostPerAddress) {
      refused++;
      return false;
    }
    open++;
    byAddress.put(address, own + 1);
    return true;
  }

  /** Gives the place back. */
  synchronized void leave(String address) {
    open--;
    byAddress.computeIfPresent(address, (peer, count) -> count == 1 ? null : count - 1);
  }

  /** Connections that are open now. */
  public synchronized int open() {
    return open;
  }

  /** Connections that were closed at once, since the start. */
  public synchronized long refused() {
    return refused;
  }
}
