package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What stands before a handshake lets pass, and what it answers. */
class InClearTest {
  private final EmbeddedChannel channel = new EmbeddedChannel(new InClear());

  @AfterEach
  void stop() {
    channel.finishAndReleaseAll();
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private String answer() {
    ByteBuf out = channel.readOutbound();
    String text = out == null ? "" : out.toString(StandardCharsets.US_ASCII);
    if (out != null) {
      out.release();
    }
    return text;
  }

  @Test
  void aHandshakePassesUntouchedAndNothingStandsInItsWayAfter() {
    for (int first : new int[] {0x16, 0x80}) {
      var one = new EmbeddedChannel(new InClear());
      ByteBuf hello = Unpooled.wrappedBuffer(new byte[] {(byte) first, 3, 1});
      one.writeInbound(hello);
      ByteBuf passed = one.readInbound();
      assertThat(passed).isSameAs(hello);
      assertThat(one.pipeline().get(InClear.class)).isNull();
      one.finishAndReleaseAll();
    }
  }

  @Test
  void aRequestInClearIsAnsweredOnceWipedAndNotPassedOn() {
    ByteBuf request = text("GET / HTTP/1.1\r\nAuthorization: Bearer k");
    ByteBuf kept = request.retainedSlice();
    channel.writeInbound(request);
    assertThat(answer())
        .startsWith("HTTP/1.1 400 Bad Request\r\n")
        .contains("Connection: close\r\n")
        .endsWith("counts as known to others.\n");
    assertThat(kept.toString(StandardCharsets.US_ASCII)).matches("\0+");
    kept.release();
    assertThat(channel.<Object>readInbound()).isNull();
    assertThat(request.refCnt()).isZero();
    assertThat(channel.isOpen()).isFalse();
  }
}
