package dev.chitin.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.nio.charset.StandardCharsets;

/**
 * Answers whoever begins with HTTP in clear where TLS is spoken: one fixed text, after which the
 * connection ends. No request is read; what comes is wiped, as there may be a key in it, and
 * dropped, up to {@value #MOST_BYTES} bytes and for as long as a handshake may take. It stands
 * before the handshake and leaves with the first bytes of one.
 */
final class InClear extends ChannelInboundHandlerAdapter {
  static final int MOST_BYTES = 64 * 1024;

  private static final String TEXT =
      "This port speaks TLS: ask by https. A key that was sent here in clear counts as known to"
          + " others.\n";

  private static final byte[] ANSWER =
      ("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
              + TEXT.length()
              + "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
              + TEXT)
          .getBytes(StandardCharsets.US_ASCII);

  private boolean answered;
  private int dropped;

  @Override
  public void channelRead(ChannelHandlerContext context, Object read) {
    if (!(read instanceof ByteBuf bytes) || !bytes.isReadable()) {
      context.fireChannelRead(read);
    } else if (answered) {
      drop(context, bytes);
    } else if (isMethod(bytes.getByte(bytes.readerIndex()))) {
      answered = true;
      context
          .writeAndFlush(Unpooled.wrappedBuffer(ANSWER))
          .addListener(written -> end(context.channel()));
      drop(context, bytes);
    } else {
      context.pipeline().remove(this);
      context.fireChannelRead(bytes);
    }
  }

  /** Records of TLS begin with a number below 32, a greeting of SSL 2 with one above 127. */
  private static boolean isMethod(byte first) {
    return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  }

  private void drop(ChannelHandlerContext context, ByteBuf bytes) {
    dropped += bytes.readableBytes();
    bytes.setZero(bytes.readerIndex(), bytes.readableBytes());
    bytes.release();
    if (dropped > MOST_BYTES) {
      close(context.channel());
    }
  }

  /** To close at once would take the answer back, while more is on its way here. */
  private static void end(Channel channel) {
    if (channel instanceof DuplexChannel both) {
      both.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    } else {
      close(channel);
    }
  }

  private static void close(Channel channel) {
    channel.unsafe().close(channel.voidPromise());
  }
}
