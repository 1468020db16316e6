package dev.chitin.it.attack;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what arrives from a sandbox: TCP connections and datagrams on the host's loopback, of both
 * families, and connections to an abstract unix socket (which perl holds: Java has none).
 */
final class Listeners implements AutoCloseable {
  private static final String ABSTRACT =
      """
      use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; bind($s, pack_sockaddr_un("\\0$ARGV[0]")) or die;
      listen($s, 8) or die; $| = 1; print "listening\\n"; while (accept(my $c, $s)) { print "arrived\\n"; close $c }
      """;

  private final AtomicInteger arrived = new AtomicInteger();
  private final ServerSocket tcp;
  private final DatagramSocket udp;
  private final Process unix;
  private final String abstractName;

  private Listeners(ServerSocket tcp, DatagramSocket udp, Process unix, String abstractName) {
    this.tcp = tcp;
    this.udp = udp;
    this.unix = unix;
    this.abstractName = abstractName;
  }

  static Listeners open() throws IOException {
    String name = "chitin-attack-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    Process unix =
        new ProcessBuilder("perl", "-e", ABSTRACT, name)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = unix.inputReader(StandardCharsets.UTF_8);
    if (!"listening".equals(lines.readLine())) {
      throw new IOException("no abstract socket can be had");
    }
    // The wildcard address has both families; the machine's firewall is no part of this.
    var listeners =
        new Listeners(
            new ServerSocket(0), new DatagramSocket(new InetSocketAddress(0)), unix, name);
    Thread.ofPlatform().daemon(true).start(listeners::acceptAll);
    Thread.ofPlatform().daemon(true).start(listeners::receiveAll);
    Thread.ofPlatform()
        .daemon(true)
        .start(() -> lines.lines().forEach(line -> listeners.arrived.incrementAndGet()));
    listeners.proveCounting();
    return listeners;
  }

  /** A counter that never counts would prove nothing. */
  private void proveCounting() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    new java.net.Socket(loopback, tcp.getLocalPort()).close();
    try (var socket = new DatagramSocket()) {
      socket.send(new DatagramPacket(new byte[1], 1, loopback, udp.getLocalPort()));
    }
    Bounded.await(() -> arrived.get() == 2, "the listeners count");
    arrived.set(0);
  }

  private void acceptAll() {
    try {
      while (true) {
        tcp.accept().close();
        arrived.incrementAndGet();
      }
    } catch (SocketException closed) {
      return;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void receiveAll() {
    try {
      while (true) {
        udp.receive(new DatagramPacket(new byte[64], 64));
        arrived.incrementAndGet();
      }
    } catch (SocketException closed) {
      return;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  int tcpPort() {
    return tcp.getLocalPort();
  }

  int udpPort() {
    return udp.getLocalPort();
  }

  String abstractName() {
    return abstractName;
  }

  /** How much arrived so far. */
  int arrived() {
    return arrived.get();
  }

  @Override
  public void close() throws IOException {
    tcp.close();
    udp.close();
    unix.destroyForcibly();
  }
}
