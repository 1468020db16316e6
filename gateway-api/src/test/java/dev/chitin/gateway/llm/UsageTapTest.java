package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class UsageTapTest {
  private static final String MESSAGE =
      """
      event: message_start
      data: {"type":"message_start","message":{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}

      data: {"type":"content_block_delta","delta":{"text":"\\"usage\\" it says"}}

      event: message_delta
      data: {"type":"message_delta","usage":{"output_tokens":5}}

      """;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void findsUsageWhereverTheStreamIsCut() {
    byte[] stream = bytes(MESSAGE);
    for (int border = 0; border <= stream.length; border++) {
      var tap = new UsageTap(true);
      tap.take(Arrays.copyOfRange(stream, 0, border));
      tap.take(Arrays.copyOfRange(stream, border, stream.length));
      assertThat(tap.usage()).as("cut at %d", border).isEqualTo(new Usage(7L, 5L));
      assertThat(tap.failed()).isFalse();
      assertThat(tap.ended()).isFalse();
    }
  }

  @Test
  void whatIsNotReportedCostsWhatWasExpected() {
    var request = new MessageRequest("m", 1_000, 50, true);
    assertThat(new UsageTap(true).usage().cost(request)).isEqualTo(1_050);
    var tap = new UsageTap(true);
    tap.take(bytes(MESSAGE.substring(0, MESSAGE.indexOf("event: message_delta"))));
    assertThat(tap.usage().cost(request)).isEqualTo(57);
    tap.take(bytes(MESSAGE));
    assertThat(tap.usage().cost(request)).isEqualTo(12);
  }

  @Test
  void aStreamSaysItselfThatItIsWhole() {
    for (String last :
        new String[] {
          "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
          "data: [DONE]\n\n",
          "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
          "data: {\"type\":\"response.completed\",\"response\":{}}\r\n\r\n",
          "data: {\"response\":{},\"type\":\"response.incomplete\"}\n\n",
          "data: {\"error\":{\"message\":\"x\"}}\n\n",
          "data: {\"type\":\"response.completed\",\"x\":\"" + "y".repeat(200_000) + "\"}\n\n"
        }) {
      var tap = new UsageTap(true);
      tap.take(bytes("data: {\"choices\":[{\"finish_reason\":null}],\"usage\":null}\n\n"));
      tap.take(bytes("data: {\"text\":\"\\\"message_stop\\\" [DONE] response.completed\"}\n\n"));
      assertThat(tap.ended()).isFalse();
      tap.take(bytes(last));
      assertThat(tap.ended()).as(last).isTrue();
    }
  }

  @Test
  void aLongLineIsReadAsItComes() {
    byte[] stream =
        bytes(
            "data: {\"type\":\"response.completed\",\"response\":{\"output\":[\""
                + "\\\"usage\\\":{} ".repeat(20_000)
                + "\"],\"tools\":[{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}],"
                + "\"usage\":{\"input_tokens\":900,\"output_tokens\":70}}}\n\n");
    for (int size : new int[] {1_000, 65_536, stream.length}) {
      var tap = new UsageTap(true);
      for (int at = 0; at < stream.length; at += size) {
        tap.take(Arrays.copyOfRange(stream, at, Math.min(stream.length, at + size)));
      }
      assertThat(tap.usage()).isEqualTo(new Usage(900L, 70L));
    }
  }

  @Test
  void theOtherDialectsReportInTheirWords() {
    var chat = new UsageTap(true);
    chat.take(bytes("data: {\"choices\":[],\"usage\":null}\r\n\r\n"));
    chat.take(
        bytes(
            "data: {\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":9}}\r\n\r\ndata: [DONE]\r\n\r\n"));
    assertThat(chat.usage()).isEqualTo(new Usage(2L, 9L));
    var responses = new UsageTap(true);
    responses.take(
        bytes(
            "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n"));
    assertThat(responses.usage()).isEqualTo(new Usage(1L, 2L));
    var whole = new UsageTap(false);
    whole.take(bytes("{\"usage\":{\"prompt_tok"));
    whole.take(bytes("ens\":2,\"completion_tokens\":3}}"));
    whole.end();
    assertThat(whole.usage()).isEqualTo(new Usage(2L, 3L));
  }

  @Test
  void errorsAmongTheEventsAreSeen() {
    for (String event :
        new String[] {
          "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
          "data: {\"error\":{\"message\":\"x\"}}\n\n",
          "data: {\"type\":\"response.failed\",\"response\":{}}\n\n"
        }) {
      var tap = new UsageTap(true);
      tap.take(bytes(event));
      assertThat(tap.failed()).as(event).isTrue();
    }
  }

  @Test
  void whatIsTooLongIsNotKept() {
    var tap = new UsageTap(true);
    byte[] piece = bytes("x".repeat(1 << 20));
    for (int i = 0; i < 64; i++) {
      tap.take(piece);
    }
    tap.take(bytes("\n\n" + MESSAGE));
    assertThat(tap.usage()).isEqualTo(new Usage(7L, 5L));
    var whole = new UsageTap(false);
    whole.take(bytes("{\"x\":\""));
    whole.take(piece);
    whole.take(piece);
    whole.take(bytes("\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));
    whole.end();
    assertThat(whole.usage()).as("after a text beyond bounds").isEqualTo(Usage.UNKNOWN);
  }
}
