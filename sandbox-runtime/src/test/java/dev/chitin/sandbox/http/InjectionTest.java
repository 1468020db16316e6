package dev.chitin.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.CredentialRef;
import dev.chitin.vault.CredentialUse;
import dev.chitin.vault.SecretFunction;
import dev.chitin.vault.memory.ZeroingAllocator;
import dev.chitin.vault.scrub.Scrubber;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InjectionTest {
  private final Scrubber scrubber = new Scrubber();
  private final ZeroingAllocator allocator = new ZeroingAllocator();

  @AfterEach
  void close() {
    scrubber.close();
  }

  private static Injection injection(String format, String secret) {
    CredentialUse use =
        new CredentialUse() {
          @Override
          public <R> R open(SecretFunction<R> function) {
            return function.apply(
                MemorySegment.ofArray(secret.getBytes(StandardCharsets.UTF_8)).asReadOnly());
          }
        };
    return new Injection(
        new CredentialRef("token", "https", "api.example", 443, "header", "x-token", format),
        use,
        new SecureRandom());
  }

  private EmbeddedChannel channel(SecretSplice splice) {
    return new EmbeddedChannel(splice);
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  @Test
  void theMarkerInTheHeadBecomesTheSecretInItsFormatAndTheScrubberKnowsIt() {
    Injection bearer = injection("bearer", "fake-secret-0001");
    Injection raw = injection("raw", "fake-secret-0002");
    var splice = new SecretSplice(List.of(bearer, raw), scrubber, allocator, false);
    EmbeddedChannel channel = channel(splice);
    channel.writeOutbound(
        ascii(
            "GET / HTTP/1.1\r\nx-a: "
                + bearer.marker()
                + "\r\nx-b: "
                + raw.marker()
                + "\r\n\r\nbody"));
    channel.writeOutbound(ascii("more body"));
    ByteBuf head = channel.readOutbound();
    assertThat(head.toString(StandardCharsets.US_ASCII))
        .isEqualTo(
            "GET / HTTP/1.1\r\nx-a: Bearer fake-secret-0001\r\nx-b: fake-secret-0002\r\n\r\nbody");
    assertThat(head.isDirect()).isTrue();
    ByteBuffer memory = head.nioBuffer(0, head.capacity());
    head.release();
    assertThat(channel.<ByteBuf>readOutbound().toString(StandardCharsets.US_ASCII))
        .isEqualTo("more body");
    assertThat(
            scrubber.whole(
                "a fake-secret-0001 b fake-secret-0002".getBytes(StandardCharsets.UTF_8)))
        .asString()
        .isEqualTo("a [chitin:redacted] b [chitin:redacted]");
    assertThat(memory.isDirect()).isTrue();
  }

  @Test
  void aMarkerThatIsNotInTheHeadExactlyOnceSendsNothingAndClosesTheConnection() {
    Injection one = injection("raw", "fake-secret-0001");
    for (String text :
        List.of(
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n" + one.marker(),
            "GET /" + one.marker() + " HTTP/1.1\r\nx-a: " + one.marker() + "\r\n\r\n",
            "GET / HTTP/1.1\r\nx-a: " + one.marker() + "\r\n\r\n" + one.marker(),
            "GET / HTTP/1.1\r\nx-a: " + one.marker())) {
      var splice = new SecretSplice(List.of(one), scrubber, allocator, false);
      EmbeddedChannel channel = channel(splice);
      assertThatThrownBy(() -> channel.writeOutbound(ascii(text)))
          .hasMessageContaining("policy.credential_denied");
      assertThat(channel.<Object>readOutbound()).isNull();
      assertThat(channel.isOpen()).isFalse();
      assertThat(splice.refusal()).isNotNull();
    }
  }

  @Test
  void aSecretThatIsTooShortToBeSearchedForIsNotSentWhereTheAnswerIsPassedOn() {
    for (boolean passedOn : new boolean[] {true, false}) {
      Injection one = injection("raw", "fake-secre1");
      var splice = new SecretSplice(List.of(one), new Scrubber(), allocator, passedOn);
      EmbeddedChannel channel = channel(splice);
      String text = "GET / HTTP/1.1\r\nx-a: " + one.marker() + "\r\n\r\n";
      if (passedOn) {
        assertThatThrownBy(() -> channel.writeOutbound(ascii(text)))
            .isInstanceOfSatisfying(
                ChitinException.class,
                refused -> {
                  assertThat(refused.problem().rule()).isEqualTo("credential.length");
                  assertThat(refused.toString()).doesNotContain("fake");
                });
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(channel.isOpen()).isFalse();
      } else {
        channel.writeOutbound(ascii(text));
        channel.<ByteBuf>readOutbound().release();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fake-secret\r\nx-admin: 1",
        "fake-secret\n",
        "\rfake-secret",
        "fake\0secret",
        "fake\u007fsecret",
        "fake\tsecret",
        "fake-sécret"
      })
  void aSecretThatCannotStandInAFieldIsRefusedWithoutShowingIt(String secret) {
    Injection one = injection("raw", secret);
    var splice = new SecretSplice(List.of(one), scrubber, allocator, false);
    EmbeddedChannel channel = channel(splice);
    String text = "GET / HTTP/1.1\r\nx-a: " + one.marker() + "\r\n\r\n";
    assertThatThrownBy(() -> channel.writeOutbound(ascii(text)))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refused -> {
              assertThat(refused.problem().rule()).isEqualTo("credential.grammar");
              assertThat(refused.toString()).doesNotContain("fake");
            });
    assertThat(channel.<Object>readOutbound()).isNull();
  }

  @Test
  void markersAreRandomAndSayNothingOfTheSecret() {
    assertThat(injection("raw", "fake-secret-1").marker())
        .matches("chitin-splice-[0-9a-f]{32}")
        .isNotEqualTo(injection("raw", "fake-secret-1").marker());
  }
}
