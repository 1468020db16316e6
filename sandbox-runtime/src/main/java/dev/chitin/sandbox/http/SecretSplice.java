package dev.chitin.sandbox.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.memory.ZeroingAllocator;
import dev.chitin.vault.scrub.Scrubber;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts secrets into a request at the last moment: stands between the HTTP codec and TLS, finds each
 * marker in the encoded head and writes the secret in its place, into a buffer that is wiped when
 * it is released. A marker that is not there exactly once ends the connection before a byte is
 * sent. Used on the channel's event loop; for one request.
 */
final class SecretSplice extends ChannelOutboundHandlerAdapter {
  private static final ByteBuf HEAD_END =
      Unpooled.unreleasableBuffer(
          Unpooled.copiedBuffer("\r\n\r\n", StandardCharsets.US_ASCII).asReadOnly());

  private final List<Injection> injections;
  private final Scrubber scrubber;
  private final ZeroingAllocator allocator;
  private final boolean searchable;
  private boolean spliced;
  private volatile @Nullable ChitinException refusal;

  /**
   * @param scrubber is told of each secret that is put in
   * @param searchable whether a secret that is too short to be searched for may not be sent
   */
  SecretSplice(
      List<Injection> injections,
      Scrubber scrubber,
      ZeroingAllocator allocator,
      boolean searchable) {
    this.injections = List.copyOf(injections);
    this.scrubber = scrubber;
    this.allocator = allocator;
    this.searchable = searchable;
  }

  /** Why the request was not sent, if so. */
  @Nullable ChitinException refusal() {
    return refusal;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the promise is the future, and its owner listens
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (spliced || !(message instanceof ByteBuf head)) {
      ctx.write(message, promise);
      return;
    }
    spliced = true;
    ByteBuf current = head;
    try {
      for (Injection injection : injections) {
        ByteBuf next = replaced(current, injection);
        current.release();
        current = next;
      }
      checkLength();
    } catch (RuntimeException e) {
      current.release();
      ChitinException refused = ChitinException.from(e);
      refusal = refused;
      promise.tryFailure(refused);
      ctx.close();
      return;
    }
    ctx.write(current, promise);
  }

  private void checkLength() {
    if (searchable && !scrubber.possible()) {
      throw Problem.of(
              ProblemCode.POLICY_CREDENTIAL_DENIED,
              "The secret is shorter than "
                  + Scrubber.SHORTEST
                  + " bytes: the answer could not be searched for it. Nothing was sent.")
          .withRule("credential.length")
          .withHint("Store one that is longer.")
          .toException();
    }
  }

  private ByteBuf replaced(ByteBuf text, Injection injection) {
    int end = ByteBufUtil.indexOf(HEAD_END, text);
    ByteBuf marker = Unpooled.wrappedBuffer(injection.marker().getBytes(StandardCharsets.US_ASCII));
    int at = ByteBufUtil.indexOf(marker, text);
    int after = at + marker.readableBytes();
    boolean once =
        at >= 0
            && after <= end
            && ByteBufUtil.indexOf(marker, text.slice(after, text.writerIndex() - after)) < 0;
    if (!once) {
      throw Problem.of(
              ProblemCode.POLICY_CREDENTIAL_DENIED,
              "The place of a credential is not in the request exactly once.")
          .withRule("credential.splice")
          .withHint("This is a defect of Chitin; nothing was sent.")
          .toException();
    }
    return spliced(text, at, after, injection);
  }

  private ByteBuf spliced(ByteBuf text, int at, int after, Injection injection) {
    int before = at - text.readerIndex();
    int rest = text.writerIndex() - after;
    ByteBuf[] out = new ByteBuf[1];
    try {
      injection.write(
          length -> {
            ByteBuf made = allocator.directBuffer(before + length + rest);
            out[0] = made;
            made.writeBytes(text, text.readerIndex(), before);
            ByteBuffer room = made.nioBuffer(before, length);
            made.writerIndex(before + length);
            made.writeBytes(text, after, rest);
            return room;
          },
          scrubber);
      return java.util.Objects.requireNonNull(out[0]);
    } catch (RuntimeException e) {
      if (out[0] != null) {
        out[0].release();
      }
      throw e;
    }
  }
}
