package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptedTypesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          text/event-stream                          | 0   | 1
          TEXT/Event-Stream ; Q=0.5                  | 0   | 0.5
          text/event-stream;q=0                      | 0   | 0
          text/event-stream;q=0, */*                 | 1   | 0
          xtext/event-streamx                        | 0   | 0
          application/xml                            | 0   | 0
          */*                                        | 1   | 1
          text/*;q=0.3, application/json;q=0.2       | 0.2 | 0.3
          text/*, text/event-stream;q=0.1, */*;q=0.9 | 0.9 | 0.1
          application/json;x="a,text/event-stream"   | 1   | 0
          application/json;x="a\\",b";q=0.4          | 0.4 | 0
          text/html, *; q=.2, */*; q=.2              | 0.2 | 0.2
          application/json;q=2                       | 1   | 1
          ,                                          | 1   | 1
          """)
  void theMostSpecificRangeCounts(String accept, double json, double events) {
    AcceptedTypes accepted = AcceptedTypes.of(List.of(accept));
    assertThat(accepted.quality("application/json")).isEqualTo(json);
    assertThat(accepted.quality("text/event-stream")).isEqualTo(events);
  }

  @Test
  void linesAddUpAndNoneTakeEverything() {
    assertThat(AcceptedTypes.of(List.of()).quality("application/json")).isEqualTo(1);
    AcceptedTypes two = AcceptedTypes.of(List.of("application/json", "text/event-stream"));
    assertThat(two.quality("application/json")).isEqualTo(1);
    assertThat(two.names("text/event-stream")).isTrue();
    assertThat(AcceptedTypes.of(List.of("*/*")).names("text/event-stream")).isFalse();
  }
}
