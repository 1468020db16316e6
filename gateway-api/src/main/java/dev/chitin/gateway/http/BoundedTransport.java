package dev.chitin.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.vertx.core.spi.transport.Transport;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The platform's transport, whose TCP listeners count a connection from the moment it is accepted
 * on: Vert.x tells of one only when its TLS handshake is over, and until then it costs a descriptor
 * and memory.
 */
public final class BoundedTransport implements io.vertx.core.transport.Transport {
  private final io.vertx.core.transport.Transport platform;
  private final Transport implementation;
  private final Door door = new Door();

  /** Over the platform's own, or over that of the JDK where there is none. */
  public BoundedTransport() {
    io.vertx.core.transport.Transport own = io.vertx.core.transport.Transport.nativeTransport();
    this.platform = own == null || !own.available() ? io.vertx.core.transport.Transport.NIO : own;
    this.implementation = new Counting(platform.implementation(), door);
  }

  /** Lets no more in than {@code connections} has places for, from now on. */
  public void bound(Connections connections) {
    door.connections = connections;
  }

  /** Has whoever speaks HTTP in clear to this port, where TLS is spoken, told so. */
  public void secured(int port) {
    door.securePort = port;
  }

  @Override
  public String name() {
    return platform.name();
  }

  @Override
  public boolean available() {
    return platform.available();
  }

  @Override
  public @Nullable Throwable unavailabilityCause() {
    return platform.unavailabilityCause();
  }

  @Override
  public Transport implementation() {
    return implementation;
  }

  /** Stands before what makes a connection of an accepted socket. */
  @ChannelHandler.Sharable
  private static final class Door extends ChannelInboundHandlerAdapter {
    private volatile @Nullable Connections connections;
    private volatile int securePort = -1;

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
      Connections places = connections;
      if (places != null
          && accepted instanceof Channel channel
          && channel.remoteAddress() instanceof InetSocketAddress peer) {
        String address = peer.getAddress().getHostAddress();
        if (!places.enter(address)) {
          channel.unsafe().closeForcibly();
          return;
        }
        channel.closeFuture().addListener(closed -> places.leave(address));
        if (channel.localAddress() instanceof InetSocketAddress own
            && own.getPort() == securePort) {
          channel.pipeline().addFirst(new InClear());
        }
      }
      context.fireChannelRead(accepted);
    }
  }

  /** All as the other has it, but for the listeners on TCP. */
  private record Counting(Transport other, Door door) implements Transport {
    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
      ChannelFactory<? extends ServerChannel> listeners = other.serverChannelFactory(domainSocket);
      return domainSocket ? listeners : () -> counted(listeners.newChannel());
    }

    private ServerChannel counted(ServerChannel listener) {
      listener.pipeline().addFirst("door", door);
      return listener;
    }

    @Override
    public boolean supportsDomainSockets() {
      return other.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
      return other.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
      return other.isAvailable();
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
      return other.unavailabilityCause();
    }

    @Override
    public java.net.SocketAddress convert(io.vertx.core.net.SocketAddress address) {
      return other.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(java.net.SocketAddress address) {
      return other.convert(address);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
      return other.ioHandlerFactory();
    }

    @Override
    public io.netty.channel.EventLoopGroup eventLoopGroup(
        int type, int threads, java.util.concurrent.ThreadFactory factory, int ioRatio) {
      return other.eventLoopGroup(type, threads, factory, ioRatio);
    }

    @Override
    @SuppressWarnings("deprecation") // Vert.x's interface names the type that Netty has replaced.
    public DatagramChannel datagramChannel(io.netty.channel.socket.InternetProtocolFamily family) {
      return other.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
      return other.datagramChannelFactory();
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
      return other.channelFactory(domainSocket);
    }

    @Override
    public void configure(
        DatagramChannel channel, io.vertx.core.datagram.DatagramSocketOptions options) {
      other.configure(channel, options);
    }

    @Override
    public void configure(
        io.vertx.core.net.TcpConfig config,
        boolean domainSocket,
        io.netty.bootstrap.Bootstrap bootstrap) {
      other.configure(config, domainSocket, bootstrap);
    }

    @Override
    public void configure(
        io.vertx.core.net.TcpConfig config,
        boolean domainSocket,
        io.netty.bootstrap.ServerBootstrap bootstrap) {
      other.configure(config, domainSocket, bootstrap);
    }
  }
}
