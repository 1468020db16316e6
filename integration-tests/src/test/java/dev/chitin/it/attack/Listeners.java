package dev.chitin.it.attack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
  private final List<ServerSocket> tcp = new ArrayList<>();
  private final List<DatagramSocket> udp = new ArrayList<>();
  private final Process unix;
  private final String abstractName;

  private Listeners(Process unix, String abstractName) {
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
    var listeners = new Listeners(unix, name);
    listeners.listen();
    Thread.ofPlatform()
        .daemon(true)
        .start(() -> lines.lines().forEach(line -> listeners.arrived.incrementAndGet()));
    listeners.proveCounting();
    return listeners;
  }

  /** A counter that never counts would prove nothing. */
  private void proveCounting() throws IOException {
    for (ServerSocket socket : tcp) {
      new Socket(socket.getInetAddress(), tcpPort()).close();
    }
    for (DatagramSocket to : udp) {
      try (var socket = new DatagramSocket()) {
        socket.send(new DatagramPacket(new byte[1], 1, to.getLocalAddress(), udpPort()));
      }
    }
    int all = tcp.size() + udp.size();
    Bounded.await(() -> arrived.get() == all, "the listeners count");
    arrived.set(0);
  }

  /** On every address of the loopback, the same ports on each. */
  private void listen() throws IOException {
    List<InetAddress> addresses =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(InetAddress::isLoopbackAddress)
            .toList();
    for (InetAddress address : addresses) {
      var stream = new ServerSocket(tcp.isEmpty() ? 0 : tcpPort(), 0, address);
      tcp.add(stream);
      Thread.ofPlatform().daemon(true).start(() -> acceptAll(stream));
      var datagrams = new DatagramSocket(udp.isEmpty() ? 0 : udpPort(), address);
      udp.add(datagrams);
      Thread.ofPlatform().daemon(true).start(() -> receiveAll(datagrams));
    }
  }

  private void acceptAll(ServerSocket socket) {
    try {
      while (true) {
        socket.accept().close();
        arrived.incrementAndGet();
      }
    } catch (SocketException closed) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void receiveAll(DatagramSocket socket) {
    try {
      while (true) {
        socket.receive(new DatagramPacket(new byte[64], 64));
        arrived.incrementAndGet();
      }
    } catch (SocketException closed) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int tcpPort() {
    return tcp.getFirst().getLocalPort();
  }

  int udpPort() {
    return udp.getFirst().getLocalPort();
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
    for (ServerSocket socket : tcp) {
      socket.close();
    }
    udp.forEach(DatagramSocket::close);
    unix.destroyForcibly();
  }
}
