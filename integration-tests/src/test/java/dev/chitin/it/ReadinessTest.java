package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A gateway is ready while its controls hold, and only then, whatever happens after its start. */
class ReadinessTest {
  private interface Look {
    void look() throws Exception;
  }

  /** Moves {@code thing} away, and back once the gateway was seen without it, until it is ready. */
  private static void whileAway(Path thing, Agent agent, Look meanwhile) throws Exception {
    Path away = thing.resolveSibling(thing.getFileName() + ".away");
    Files.move(thing, away);
    Await.until("not ready", () -> agent.get("/health/ready").status() == 503);
    meanwhile.look();
    Files.move(away, thing);
    Await.until("ready again", () -> agent.get("/health/ready").status() == 200);
  }

  @Test
  void aGatewayWhoseSandboxIsGoneIsNotReadyUntilItIsBack() throws Exception {
    Path home = GatewayProcess.home("");
    Path bwrap = home.resolveSibling("bwrap");
    Files.copy(Path.of("/usr/bin/bwrap"), bwrap, StandardCopyOption.COPY_ATTRIBUTES);
    var more = Map.of("CHITIN_SANDBOX__BWRAP", bwrap.toString());
    try (GatewayProcess gateway = GatewayProcess.start(home, more);
        var agent = new Agent(gateway.url(), gateway.key("watch", "operator"))) {
      assertThat(gateway.metric("chitin_ready")).isEqualTo(1);
      whileAway(
          bwrap,
          agent,
          () -> {
            assertThat(agent.get("/health/ready").text())
                .contains("gateway.not_proven", "sandbox.memory", "The attack could not be tried.")
                .doesNotContain("more than its limit", "limit succeeded");
            assertThat(gateway.metric("chitin_ready")).isZero();
            Await.until("said", () -> gateway.errors().contains("not ready: a control"));
          });
      Await.until("said", () -> gateway.errors().contains("the controls hold their proof again"));
    }
  }

  @Test
  void whatTheDoctorFindsOnDemandCounts() throws Exception {
    Path home = GatewayProcess.home("");
    Path bwrap = home.resolveSibling("bwrap");
    Files.copy(Path.of("/usr/bin/bwrap"), bwrap, StandardCopyOption.COPY_ATTRIBUTES);
    var more = Map.of("CHITIN_SANDBOX__BWRAP", bwrap.toString());
    try (GatewayProcess gateway = GatewayProcess.start(home, more)) {
      // It is there and can be run, and makes no sandbox.
      Files.copy(Path.of("/usr/bin/true"), bwrap, StandardCopyOption.REPLACE_EXISTING);
      assertThat(gateway.run("doctor").exit()).isEqualTo(5);
      assertThat(gateway.administration("/health/ready")).contains("503", "gateway.not_proven");
    }
  }

  @Test
  void aGatewayWhoseVaultIsGoneOrCannotBeWrittenIsNotReadyUntilItIsBack() throws Exception {
    Path home = GatewayProcess.home("");
    try (GatewayProcess gateway = GatewayProcess.start(home);
        var agent = new Agent(gateway.url(), gateway.key("watch", "operator"))) {
      Path vault = home.resolve("vault");
      whileAway(vault, agent, () -> isNotReady(gateway, agent, vault + " is gone"));
      Files.setPosixFilePermissions(vault, PosixFilePermissions.fromString("r-x------"));
      isNotReady(gateway, agent, vault + " cannot be written");
      Files.setPosixFilePermissions(vault, PosixFilePermissions.fromString("rwx------"));
      Await.until("ready again", () -> agent.get("/health/ready").status() == 200);
      assertThat(gateway.run("doctor").out()).contains("vault.directory");
    }
  }

  private static void isNotReady(GatewayProcess gateway, Agent agent, String why) throws Exception {
    Await.until("not ready", () -> agent.get("/health/ready").status() == 503);
    assertThat(agent.get("/health/ready").text()).contains("gateway.not_proven", "vault.directory");
    assertThat(agent.get("/health/ready").text()).contains(why);
    assertThat(gateway.metric("chitin_ready")).isZero();
    Await.until("said", () -> gateway.errors().contains("vault.directory: " + why));
    var doctor = gateway.run("doctor");
    assertThat(doctor.exit()).isEqualTo(5);
    assertThat(doctor.out()).contains("vault.directory", why);
  }

  @Test
  void aGatewayWhoseLogIsGoneTakesNoCallUntilItIsBack() throws Exception {
    Path home = GatewayProcess.home("");
    try (GatewayProcess gateway = GatewayProcess.start(home);
        var agent = new Agent(gateway.url(), gateway.key("admin", "admin"))) {
      whileAway(
          home.resolve("audit"),
          agent,
          () -> {
            assertThat(agent.get("/health/ready").text()).contains("audit.unavailable");
            var refused = agent.call("fs_list", Agent.path("."));
            assertThat(refused.status()).as(refused.text()).isEqualTo(503);
            assertThat(refused.text()).contains("The audit directory is gone");
            assertThat(gateway.run("doctor").out()).containsPattern("inert +audit.durable");
          });
      assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
    }
  }

  @Test
  void aGatewayWhosePlacesForSandboxesAreGoneIsNotReadyUntilTheyAreBack() throws Exception {
    Path home = GatewayProcess.home("");
    try (GatewayProcess gateway = GatewayProcess.start(home);
        var agent = new Agent(gateway.url(), gateway.key("watch", "operator"))) {
      Path places = home.resolve("run/sandbox");
      whileAway(
          places,
          agent,
          () ->
              assertThat(agent.get("/health/ready").text())
                  .contains("gateway.not_proven", "sandbox."));
    }
  }
}
