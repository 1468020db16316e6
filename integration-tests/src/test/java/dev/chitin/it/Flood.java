package dev.chitin.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * Many connections of one attacker to one gateway on loopback, driven by one thread: each is opened
 * again when the gateway closes it. Ends with {@link #close} and sends nothing to anybody else.
 */
final class Flood implements AutoCloseable {
  /** Connections that are opened in one go before the open ones have their turn. */
  private static final int OPENED_AT_ONCE = 250;

  private static final int READ = 64 * 1024;
  private static final int SEND_BUFFER = 16 * 1024;

  private final URI gateway;
  private final int connections;
  private final List<String> addresses;
  private final IntFunction<Stream> streams;
  private final long pauseMillis;
  private final long connectsPerSecond;
  private long begun;
  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong closedByGateway = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong open = new AtomicLong();
  private final Thread thread;
  private volatile boolean over;
  private volatile boolean failed;

  /** What one connection sends. */
  @FunctionalInterface
  interface Stream {
    /** The next bytes, or an empty buffer to keep still; asked again when all were sent. */
    ByteBuffer next();
  }

  private static final class Peer {
    private final Stream stream;
    private ByteBuffer rest = ByteBuffer.allocate(0);

    Peer(Stream stream) {
      this.stream = stream;
    }
  }

  /**
   * @param addresses of loopback from which it comes, by turns
   * @param streams what the n-th connection sends
   * @param pauseMillis between two looks at all of them; 0 for none
   * @param connectsPerSecond how fast it opens them: a storm of connections on loopback is work of
   *     the attacker's machine, which is the gateway's here
   */
  Flood(
      URI gateway,
      int connections,
      List<String> addresses,
      IntFunction<Stream> streams,
      long pauseMillis,
      long connectsPerSecond) {
    this.connectsPerSecond = connectsPerSecond;
    this.gateway = gateway;
    this.connections = connections;
    this.addresses = addresses;
    this.streams = streams;
    this.pauseMillis = pauseMillis;
    this.thread = new Thread(this::run, "flood");
    thread.setDaemon(true);
  }

  /** Loopback's addresses from 127.0.0.{@code first} on. */
  static List<String> addresses(int first, int count) {
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      addresses.add("127.0.0." + (first + i));
    }
    return addresses;
  }

  static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Begins, and returns at once. */
  Flood begin() {
    begun = System.nanoTime();
    thread.start();
    return this;
  }

  long opened() {
    return opened.get();
  }

  long open() {
    return open.get();
  }

  long closedByGateway() {
    return closedByGateway.get();
  }

  long bytes() {
    return bytes.get();
  }

  private void run() {
    try (Selector selector = Selector.open()) {
      ByteBuffer answer = ByteBuffer.allocateDirect(READ);
      try {
        while (!over) {
          long before = bytes.get() + opened.get();
          openMissing(selector);
          selector.selectNow(key -> look(key, answer));
          for (SelectionKey key : List.copyOf(selector.keys())) {
            feed(key);
          }
          if (pauseMillis > 0) {
            Thread.sleep(pauseMillis);
          } else if (before == bytes.get() + opened.get()) {
            // The gateway takes nothing more: spinning would take the machine from it.
            selector.select(key -> look(key, answer), 1);
          }
        }
      } finally {
        for (SelectionKey key : List.copyOf(selector.keys())) {
          key.channel().close();
        }
      }
    } catch (IOException e) {
      failed = true;
      throw new UncheckedIOException(e);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private void openMissing(Selector selector) throws IOException {
    long due = connectsPerSecond * (System.nanoTime() - begun) / TimeUnit.SECONDS.toNanos(1);
    for (int i = 0; i < OPENED_AT_ONCE && open.get() < connections && opened.get() <= due; i++) {
      SocketChannel channel = SocketChannel.open();
      try {
        // Closed with a reset: no port waits for a minute.
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        // What the gateway does not take must not be made: that would cost its machine, not it.
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
        int number = (int) (opened.get() % Integer.MAX_VALUE);
        channel.bind(
            new InetSocketAddress(
                InetAddress.ofLiteral(addresses.get(number % addresses.size())), 0));
        channel.connect(new InetSocketAddress(gateway.getHost(), gateway.getPort()));
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Peer(streams.apply(number)));
        open.incrementAndGet();
      } catch (IOException refused) {
        closedByGateway.incrementAndGet();
        channel.close();
      }
      opened.incrementAndGet();
    }
  }

  private void look(SelectionKey key, ByteBuffer answer) {
    try {
      answer.clear();
      if (((SocketChannel) key.channel()).read(answer) < 0) {
        gone(key);
      }
    } catch (IOException reset) {
      gone(key);
    }
  }

  private void feed(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    Peer peer = (Peer) key.attachment();
    try {
      if (!peer.rest.hasRemaining()) {
        peer.rest = peer.stream.next();
      }
      if (peer.rest.hasRemaining()) {
        bytes.addAndGet(((SocketChannel) key.channel()).write(peer.rest));
      }
    } catch (IOException reset) {
      gone(key);
    }
  }

  private void gone(SelectionKey key) {
    if (key.isValid()) {
      closedByGateway.incrementAndGet();
      open.decrementAndGet();
      try {
        key.channel().close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Ends it; nothing of it is open any more. */
  @Override
  public void close() {
    over = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (failed) {
      throw new AssertionError("the flood itself failed");
    }
  }
}
