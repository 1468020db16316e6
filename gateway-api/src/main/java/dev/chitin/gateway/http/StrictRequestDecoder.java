package dev.chitin.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Reads HTTP/1 requests of the versions 1.0 and 1.1 alone (RFC 9112, section 2.3): what a client
 * writes in the place of another would otherwise come back in the status line as it wrote it. A
 * body is chunked, and that in no other coding, or has a length: what else is said of its end would
 * be passed over, and the body be read as the next request (section 6.3). Two lengths, and chunks
 * that are none, the decoder beneath refuses by itself.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
  /** What Vert.x names the decoder of HTTP/1 in its pipelines. */
  private static final String NAME = "httpDecoder";

  private final Runnable heard;

  private StrictRequestDecoder(Http1ServerConfig config, Runnable heard) {
    super(config);
    this.heard = heard;
  }

  /**
   * Puts one in the place of the decoder of {@code channel}; HTTP/2 has another.
   *
   * @param heard runs when bytes came, before they are read
   */
  static void install(Channel channel, HttpServerOptions options, Runnable heard) {
    if (channel.pipeline().get(NAME) != null) {
      var config =
          new Http1ServerConfig()
              .setMaxInitialLineLength(options.getMaxInitialLineLength())
              .setMaxHeaderSize(options.getMaxHeaderSize())
              .setMaxChunkSize(options.getMaxChunkSize())
              .setDecoderInitialBufferSize(options.getDecoderInitialBufferSize());
      channel.pipeline().replace(NAME, NAME, new StrictRequestDecoder(config, heard));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
    heard.run();
    super.channelRead(context, bytes);
  }

  @Override
  protected HttpMessage createMessage(String[] line) {
    if (!line[2].equals("HTTP/1.1") && !line[2].equals("HTTP/1.0")) {
      throw new IllegalArgumentException("the version is not 1.0 or 1.1");
    }
    return super.createMessage(line);
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    if (length == 0) {
      throw new IllegalArgumentException("a header field has no name");
    }
    return super.splitHeaderName(line, start, length);
  }

  /** Asked once all header fields are there, before the body is read. */
  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    List<String> codings = message.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!codings.isEmpty()
        && (codings.size() > 1
            || !codings.getFirst().equalsIgnoreCase("chunked")
            || !message.protocolVersion().equals(HttpVersion.HTTP_1_1))) {
      throw new IllegalArgumentException("the transfer coding is not chunked and nothing else");
    }
    return super.isContentAlwaysEmpty(message);
  }
}
