package dev.chitin.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A process of clients that read streams of events and say nothing more. Each line {@code COUNT
 * PORT PATH KEY} on its input opens so many, from several of loopback's addresses, and is answered
 * with how many are open in all, or with why one is not.
 */
public final class IdleReaders {
  private static final int PER_ADDRESS = 2_000;
  private static final int FIRST_ADDRESS = 20;

  private final Selector selector = Selector.open();
  private final ByteBuffer piece = ByteBuffer.allocateDirect(64 * 1024);
  private int open;
  private int lost;

  private IdleReaders() throws IOException {}

  /** Serves its input; ends with it. */
  public static void main(String... arguments) throws IOException {
    var readers = new IdleReaders();
    var taker = new Thread(readers::take, "take");
    taker.setDaemon(true);
    System.out.println("ready");
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    taker.start();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] asked = line.split(" ", 4);
      System.out.println(
          readers.open(Integer.parseInt(asked[0]), Integer.parseInt(asked[1]), asked[2], asked[3]));
    }
  }

  private synchronized String open(int count, int port, String path, String key) {
    byte[] request =
        ("GET "
                + path
                + " HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\nAuthorization: Bearer "
                + key
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    try {
      for (int i = 0; i < count; i++) {
        begin(port, request);
      }
    } catch (IOException e) {
      return "only " + open + " are open: " + e.getMessage();
    }
    return lost > 0 ? lost + " were closed by the gateway" : open + " open";
  }

  private void begin(int port, byte[] request) throws IOException {
    SocketChannel channel = SocketChannel.open();
    String address = "127.0.0." + (FIRST_ADDRESS + open / PER_ADDRESS);
    channel.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
    channel.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    channel.write(ByteBuffer.wrap(request));
    ByteBuffer head = ByteBuffer.allocate(12);
    while (head.hasRemaining() && channel.read(head) >= 0) {
      Thread.onSpinWait();
    }
    String status = new String(head.array(), 0, head.position(), StandardCharsets.US_ASCII);
    if (!status.equals("HTTP/1.1 200")) {
      channel.close();
      throw new IOException("no stream: " + status);
    }
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
    selector.wakeup();
    open++;
  }

  /** Takes what comes, and counts the streams that end. */
  private void take() {
    try {
      while (true) {
        selector.select(this::read);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void read(SelectionKey key) {
    boolean over;
    try {
      piece.clear();
      over = ((SocketChannel) key.channel()).read(piece) < 0;
    } catch (IOException reset) {
      over = true;
    }
    if (over) {
      key.cancel();
      synchronized (this) {
        lost++;
        open--;
      }
    }
  }
}
