package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
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
      var tap = new UsageTap(true, 1);
      tap.take(Arrays.copyOfRange(stream, 0, border));
      tap.take(Arrays.copyOfRange(stream, border, stream.length));
      assertThat(tap.usage()).as("cut at %d", border).isEqualTo(new Usage(7L, 5L));
      assertThat(tap.failed()).isFalse();
      assertThat(tap.ended()).isFalse();
    }
  }

  @Test
  void whatIsNotReportedCostsWhatWasExpected() {
    var request = new MessageRequest("m", 1_000, 50, 1, true);
    assertThat(new UsageTap(true, 1).usage().cost(request)).isEqualTo(1_050);
    var tap = new UsageTap(true, 1);
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
      var tap = new UsageTap(true, 1);
      tap.take(bytes("data: {\"choices\":[{\"finish_reason\":null}],\"usage\":null}\n\n"));
      tap.take(bytes("data: {\"text\":\"\\\"message_stop\\\" [DONE] response.completed\"}\n\n"));
      assertThat(tap.ended()).isFalse();
      tap.take(bytes(last));
      assertThat(tap.ended()).as(last).isTrue();
    }
  }

  @Test
  void allAnswersThatWereAskedForHaveToEnd() {
    var tap = new UsageTap(true, 2);
    tap.take(bytes("data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n"));
    tap.take(bytes("data: {\"choices\":[{\"index\":1,\"finish_reason\"  :  null}]}\n\n"));
    assertThat(tap.ended()).isFalse();
    tap.take(bytes("data: {\"choices\":[{\"index\":1,\"finish_reason\":\"length\"}]}\n\n"));
    assertThat(tap.ended()).isTrue();
  }

  @Test
  void aDocumentThatEndsInTheMiddleIsNotWhole() {
    for (String cut : new String[] {"{\"id\":\"a", "{\"id\":\"a\"", "{\"a\":[1,", "{\"a\":12"}) {
      var tap = new UsageTap(false, 1);
      tap.take(bytes(cut));
      tap.end();
      assertThat(tap.ended()).as(cut).isFalse();
    }
    for (String whole : new String[] {"{\"id\":\"a\"}", "no JSON at all", "[1]\n", ""}) {
      var tap = new UsageTap(false, 1);
      tap.take(bytes(whole));
      tap.end();
      assertThat(tap.ended()).as(whole).isTrue();
    }
  }

  @Test
  void whatNoRequestCanCostCountsAsNotSaid() {
    for (String absurd :
        new String[] {
          "9223372036854775807", "4611686018427387904", "4294967297", "1" + "0".repeat(40), "-3"
        }) {
      var tap = new UsageTap(false, 1);
      tap.take(
          bytes(
              "{\"usage\":{\"input_tokens\":N,\"cache_read_input_tokens\":N,\"output_tokens\":7}}"
                  .replace("N", absurd)));
      tap.end();
      assertThat(tap.usage()).as(absurd).isEqualTo(new Usage(null, 7L));
    }
  }

  @Test
  void whatStandsBehindALongTextIsRead() {
    for (String unit :
        List.of("A", "\\u00e4", "\\\"", "\\\\", "\u00e4", "\uD83D\uDE00", "\\ud83d\\ude00")) {
      for (int odd = 0; odd < 4; odd++) {
        String text = "x".repeat(odd) + unit.repeat(1_100_000 / unit.length());
        byte[] answer =
            bytes(
                "{\"data\":\"%s\",\"%s\":7,\"usage\":{\"input_tokens\":9,\"output_tokens\":7}}"
                    .formatted(text, "n".repeat(9_000)));
        for (int size : new int[] {4_093, answer.length}) {
          var tap = new UsageTap(false, 1);
          for (int at = 0; at < answer.length; at += size) {
            tap.take(Arrays.copyOfRange(answer, at, Math.min(answer.length, at + size)));
          }
          tap.end();
          assertThat(tap.usage()).as("%s, %d, %d", unit, odd, size).isEqualTo(new Usage(9L, 7L));
          assertThat(tap.ended()).isTrue();
        }
      }
    }
    var tap = new UsageTap(false, 1);
    tap.take(bytes("{\"data\":\"" + "A".repeat(2 << 20)));
    tap.end();
    assertThat(tap.ended()).as("cut within a long text").isFalse();
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
      var tap = new UsageTap(true, 1);
      for (int at = 0; at < stream.length; at += size) {
        tap.take(Arrays.copyOfRange(stream, at, Math.min(stream.length, at + size)));
      }
      assertThat(tap.usage()).isEqualTo(new Usage(900L, 70L));
    }
  }

  @Test
  void theOtherDialectsReportInTheirWords() {
    var chat = new UsageTap(true, 1);
    chat.take(bytes("data: {\"choices\":[],\"usage\":null}\r\n\r\n"));
    chat.take(
        bytes(
            "data: {\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":9}}\r\n\r\ndata: [DONE]\r\n\r\n"));
    assertThat(chat.usage()).isEqualTo(new Usage(2L, 9L));
    var responses = new UsageTap(true, 1);
    responses.take(
        bytes(
            "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n"));
    assertThat(responses.usage()).isEqualTo(new Usage(1L, 2L));
    var whole = new UsageTap(false, 1);
    whole.take(bytes("{\"usage\":{\"prompt_tok"));
    whole.take(bytes("ens\":2,\"completion_tokens\":3}}"));
    whole.end();
    assertThat(whole.usage()).isEqualTo(new Usage(2L, 3L));
  }

  @Test
  void everyRequestThatTheProviderMadeOfOneCounts() {
    String usage =
        "\"usage\":{\"input_tokens\":10,\"output_tokens\":5,\"iterations\":[%s]}"
            .formatted(
                """
                {"type":"message","model":"m","input_tokens":10,"cache_read_input_tokens":0,"output_tokens":5},
                {"type":"advisor_message","model":"a","input_tokens":100,"cache_creation_input_tokens":30,
                "cache_read_input_tokens":20,"output_tokens":60,"cache_creation":{"input_tokens":9}},
                {"type":"compaction","input_tokens":-1,"output_tokens":1}"""
                    .replace("\n", ""));
    var whole = new UsageTap(false, 1);
    whole.take(bytes("{\"type\":\"message\"," + usage + "}"));
    whole.end();
    assertThat(whole.usage()).isEqualTo(new Usage(160L, 66L));
    var stream = new UsageTap(true, 1);
    stream.take(
        bytes(
            "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"));
    stream.take(bytes("data: {\"type\":\"message_delta\"," + usage + "}\n\n"));
    assertThat(stream.usage()).isEqualTo(new Usage(160L, 66L));
    var lessThanItsSum = new UsageTap(false, 1);
    lessThanItsSum.take(
        bytes(
            "{\"usage\":{\"input_tokens\":9,\"output_tokens\":8,\"iterations\":[{\"input_tokens\":1,\"output_tokens\":1}]}}"));
    lessThanItsSum.end();
    assertThat(lessThanItsSum.usage()).isEqualTo(new Usage(9L, 8L));
  }

  @Test
  void whatALaterReportLeavesOutHolds() {
    var tap = new UsageTap(true, 1);
    tap.take(
        bytes(
            "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":400,\"output_tokens\":1}}}\n\n"));
    tap.take(
        bytes(
            "data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":null,\"output_tokens\":5}}\n\n"));
    assertThat(tap.usage()).isEqualTo(new Usage(403L, 5L));
  }

  @Test
  void errorsAmongTheEventsAreSeen() {
    for (String event :
        new String[] {
          "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
          "data: {\"error\":{\"message\":\"x\"}}\n\n",
          "data: {\"type\":\"response.failed\",\"response\":{}}\n\n"
        }) {
      var tap = new UsageTap(true, 1);
      tap.take(bytes(event));
      assertThat(tap.failed()).as(event).isTrue();
    }
  }

  @Test
  void whatIsTooLongIsNotKept() {
    var tap = new UsageTap(true, 1);
    byte[] piece = bytes("x".repeat(1 << 20));
    for (int i = 0; i < 64; i++) {
      tap.take(piece);
    }
    tap.take(bytes("\n\n" + MESSAGE));
    assertThat(tap.usage()).isEqualTo(new Usage(7L, 5L));
    var whole = new UsageTap(false, 1);
    whole.take(bytes("{\"x\":\""));
    whole.take(piece);
    whole.take(piece);
    whole.take(bytes("\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));
    whole.end();
    assertThat(whole.usage()).as("after a long text").isEqualTo(new Usage(1L, 1L));
  }
}
