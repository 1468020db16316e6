package dev.chitin.gateway.http;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpMessage;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;

/**
 * Reads HTTP/1 requests without the leniencies on which smuggling lives (RFC 9112, sections 2.3 and
 * 6.1): a request with both lengths is refused, not read by one of them; so is a version other than
 * 1.0 and 1.1, which would otherwise come back in the status line as the client wrote it.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
  /** What Vert.x names the decoder of HTTP/1 in its pipelines. */
  private static final String NAME = "httpDecoder";

  private StrictRequestDecoder(Http1ServerConfig config) {
    super(config);
  }

  /** Puts one in the place of the decoder of {@code channel}; HTTP/2 has another. */
  static void install(Channel channel, HttpServerOptions options) {
    if (channel.pipeline().get(NAME) != null) {
      var config =
          new Http1ServerConfig()
              .setMaxInitialLineLength(options.getMaxInitialLineLength())
              .setMaxHeaderSize(options.getMaxHeaderSize())
              .setMaxChunkSize(options.getMaxChunkSize())
              .setDecoderInitialBufferSize(options.getDecoderInitialBufferSize());
      channel.pipeline().replace(NAME, NAME, new StrictRequestDecoder(config));
    }
  }

  @Override
  protected HttpMessage createMessage(String[] line) {
    if (!line[2].equals("HTTP/1.1") && !line[2].equals("HTTP/1.0")) {
      throw new IllegalArgumentException("the version is not 1.0 or 1.1");
    }
    return super.createMessage(line);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
  }
}
