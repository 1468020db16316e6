package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChitinHomeTest {
  private static final Path SYSTEM = Path.of(System.getProperty("user.home"));

  @Test
  void theHomeOfTheUserIsWhatTheShellCallsSo() {
    ChitinHome home = ChitinHome.of(Map.of("HOME", "/x/./y"));
    assertThat(home.root()).isEqualTo(Path.of("/x/y/.chitin"));
    assertThat(home.expand("~/notes")).isEqualTo(Path.of("/x/y/notes"));
  }

  @Test
  void aHomeThatIsNoAbsolutePathIsNone() {
    for (String none : new String[] {"", "x", "~"}) {
      assertThat(ChitinHome.of(Map.of("HOME", none)).userHome()).isEqualTo(SYSTEM);
    }
    assertThat(ChitinHome.of(Map.of()).root()).isEqualTo(SYSTEM.resolve(".chitin"));
  }

  @Test
  void chitinsHomeIsTheOneThatIsNamed() {
    ChitinHome home = ChitinHome.of(Map.of("HOME", "/x", "CHITIN_HOME", "/srv/chitin"));
    assertThat(home.root()).isEqualTo(Path.of("/srv/chitin"));
    assertThat(home.userHome()).isEqualTo(Path.of("/x"));
  }
}
