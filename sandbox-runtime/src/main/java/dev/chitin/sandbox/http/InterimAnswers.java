package dev.chitin.sandbox.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/**
 * Drops the interim answers that a server may send before the answer (RFC 9110, section 15.2):
 * Vert.x knows 100 and 103, and takes any other for the answer itself. 101 is left to it, being the
 * end of HTTP on a connection. How many may come is bounded by the patience for the answer. Used on
 * the channel's event loop.
 */
final class InterimAnswers extends ChannelInboundHandlerAdapter {
  private boolean interim;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpResponse response) {
      interim = isInterim(response.status().code());
    }
    if (!interim) {
      ctx.fireChannelRead(message);
      return;
    }
    interim = !(message instanceof LastHttpContent);
    ReferenceCountUtil.release(message);
  }

  private static boolean isInterim(int status) {
    return status == 102 || (status > 103 && status < 200);
  }
}
