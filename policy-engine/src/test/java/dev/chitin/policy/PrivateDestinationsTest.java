package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDestinationsTest {

  @Test
  void whatOneToolMayReachIsClosedToTheOthers(@TempDir Path directory) throws Exception {
    var fixture = new PolicyFixture(directory);
    PolicySettings plain = fixture.settings();
    var settings =
        new PolicySettings(
            plain.home(),
            plain.chitinHome(),
            plain.workspace(),
            plain.allowedPaths(),
            plain.deniedPaths(),
            plain.protectedPaths(),
            plain.grants(),
            List.of("127.0.0.1:1"),
            plain.searchPath(),
            plain.writeProtection(),
            Map.of("llm.openai", List.of("127.0.0.1:2")));
    PolicySnapshot snapshot =
        PolicySnapshot.compile(settings, fixture.executables, Judgement.PERMIT_WITHIN_CEILING);
    InetAddress loopback = InetAddress.getLoopbackAddress();
    assertThat(snapshot.addresses("llm.openai").denied(loopback, 1)).isEmpty();
    assertThat(snapshot.addresses("llm.openai").denied(loopback, 2)).isEmpty();
    assertThat(snapshot.addresses("llm.openai").denied(loopback, 3)).isPresent();
    assertThat(snapshot.addresses("http_fetch").denied(loopback, 2)).isPresent();
    assertThat(snapshot.addresses().denied(loopback, 2)).isPresent();
    assertThat(snapshot.version())
        .isNotEqualTo(
            PolicySnapshot.compile(plain, fixture.executables, Judgement.PERMIT_WITHIN_CEILING)
                .version());
  }
}
