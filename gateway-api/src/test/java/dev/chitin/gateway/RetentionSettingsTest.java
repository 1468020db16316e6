package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.chitin.audit.RetentionPolicy;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive that could not be one is refused before the log goes on. */
class RetentionSettingsTest {
  @TempDir private Path temp = Path.of("");
  private ChitinHome home = ChitinHome.of(Map.of());

  @BeforeEach
  void home() {
    home = ChitinHome.of(Map.of("CHITIN_HOME", temp.resolve("home").toString()));
  }

  private static JsonFields retention(Path archive, long events) {
    JsonValue.Builder retention = JsonValue.object().put("archive", archive.toString());
    return JsonFields.of(
        (events == 0 ? retention : retention.put("max_events", events)).build(), "retention");
  }

  private void assertRefused(JsonFields retention, String why) {
    var refused =
        catchThrowableOfType(
            ChitinException.class, () -> RetentionSettingsReader.read(retention, home));
    assertThat(refused.code()).isEqualTo(ProblemCode.CONFIG_INVALID);
    assertThat(refused.problem().rule()).isEqualTo("audit.retention.archive");
    assertThat(refused.problem().detail()).contains(why);
  }

  @Test
  void anArchiveThatNothingGoesToIsRefused() {
    assertRefused(retention(temp.resolve("archive"), 0), "no entry ever goes");
  }

  @Test
  void theLogIsNotItsOwnArchive() {
    assertRefused(retention(home.audit(), 5), "the log's own directory");
    assertRefused(retention(home.audit().resolve("../audit/old"), 5), "the log's own directory");
  }

  @Test
  void aFileIsNoArchive() throws Exception {
    assertRefused(retention(Files.createFile(temp.resolve("file")), 5), "is no directory");
  }

  @Test
  void oneThatIsNotThereIsMadeLater() {
    Path archive = temp.resolve("archive");
    RetentionPolicy policy = RetentionSettingsReader.read(retention(archive, 5), home);
    assertThat(policy.archive()).isEqualTo(archive);
  }
}
