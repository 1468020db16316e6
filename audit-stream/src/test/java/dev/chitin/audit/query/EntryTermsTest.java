package dev.chitin.audit.query;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogEntry;
import dev.chitin.bus.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryTermsTest {
  private static List<Long> hashes(String json) {
    List<Long> hashes = new ArrayList<>();
    EntryMembers entry =
        EntryMembers.of(new LogEntry(1, Bytes.adopt(json.getBytes(UTF_8)))).orElseThrow();
    EntryTerms.hashes(entry, hashes::add);
    return hashes;
  }

  @Test
  void eachMemberThatCanBeAskedForIsHashedAsTheQuestionIs() {
    assertThat(
            hashes(
                "{\"actor\":\"operator\",\"allowed\":true,\"callId\":\"call_1\",\"code\":7,"
                    + "\"kind\":\"ToolExecution\",\"other\":\"x\",\"peer\":\"h1:p\",\"phase\":\"NotRun\","
                    + "\"status_code\":\"exit 0\",\"tenant\":\"default\",\"tool\":\"echo\"}"))
        .containsExactly(
            TermSet.hash("principal", "operator"),
            TermSet.hash("callId", "call_1"),
            TermSet.hash("kind", "ToolExecution"),
            TermSet.hash("principal", "h1:p"),
            TermSet.hash("decision", "not_run"),
            TermSet.hash("code", "exit 0"),
            TermSet.hash("tenant", "default"),
            TermSet.hash("tool", "echo"));
  }

  @Test
  void whatIsEscapedOrBeyondAsciiIsHashedAsTheTextThatItIs() {
    assertThat(hashes("{\"tool\":\"a\\\"b\\u000ac\"}"))
        .containsExactly(TermSet.hash("tool", "a\"b\nc"));
    assertThat(hashes("{\"tenant\":\"é€😀\"}")).containsExactly(TermSet.hash("tenant", "é€😀"));
  }

  @ParameterizedTest
  @CsvSource({
    "NotRun, not_run",
    "Completed, completed",
    "OutcomeUnknown, outcome_unknown",
    "ABc, abc",
    "aBC, a_bc",
    "deny, deny",
    "X, x"
  })
  void phasesAreWrittenAsPeopleDo(String phase, String decision) {
    assertThat(EntryTerms.decision(phase)).isEqualTo(decision);
  }
}
