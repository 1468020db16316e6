package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code chitin key} refuses before it asks the gateway, here one that takes everything. */
class KeyCommandTest {
  private static final String ID = "0123456789abcdefg";

  @TempDir private Path home = Path.of("");
  private final Vertx vertx = Vertx.vertx();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void listen() throws Exception {
    Files.createDirectory(home.resolve("run"));
    vertx
        .createHttpServer()
        .requestHandler(
            request -> {
              asked.add(request.method() + " " + request.uri());
              request.response().end("{}");
            })
        .listen(SocketAddress.domainSocketAddress(home.resolve("run/admin.sock").toString()))
        .await();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private int run(String... arguments) {
    var session =
        new Session(
            Map.of("CHITIN_HOME", home.toString()),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new Access());
    return Main.run(session, arguments);
  }

  private String said() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", ID + "?x", ID + "/x", "a/b", "", "..", "a%zz", ID + "%20", "ä"})
  void whatIsNoIdOfAKeyIsNeverPartOfAPath(String id) {
    assertThat(run("key", "revoke", id)).isEqualTo(2);
    assertThat(run("key", "rotate", id)).isEqualTo(2);
    assertThat(said()).contains("There is no key with that id.").doesNotContain("\tat ");
    assertThat(asked).isEmpty();
  }

  @Test
  void anIdGoesToTheGatewayAsItIs() {
    assertThat(run("key", "revoke", ID)).isZero();
    assertThat(asked).containsExactly("DELETE /admin/keys/" + ID);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0d", "0s", "999999999d", "3661d"})
  void aLifeThatIsTooShortOrTooLongNamesTheOptionAndItsBounds(String time) {
    assertThat(run("key", "create", "--name", "z", "--expires", time)).isEqualTo(2);
    assertThat(said()).contains("--expires must lie between 1s and 3660d", "hint:");
    assertThat(asked).isEmpty();
  }

  @Test
  void overlapsNameTheOptionAndItsBounds() {
    assertThat(run("key", "rotate", ID, "--overlap", "3661d")).isEqualTo(2);
    assertThat(said()).contains("--overlap must lie between 0s and 3660d");
    assertThat(run("audit", "rotate-key", "--overlap", "999999999d")).isEqualTo(2);
    assertThat(said()).contains("--overlap must lie between 1s and 366d");
    assertThat(run("key", "create", "--name", "z", "--expires", "soon")).isEqualTo(2);
    assertThat(said()).contains("--expires: soon is not a length of time");
    assertThat(asked).isEmpty();
  }

  @Test
  void aTokenIsNamedByOneOption() {
    for (String[] line :
        new String[][] {
          {"key", "restore"},
          {"key", "restore", "--issuer", "https://id.example"},
          {"key", "restore", "--jti", "a", "--sub", "b"},
          {"key", "revoke", "--jti", "a", "--sub", "b"},
          {"key", "revoke", "--sub", ""},
          {"key", "revoke", ID, "--issuer", "https://id.example"},
        }) {
      err.reset();
      assertThat(run(line)).as("%s", List.of(line)).isEqualTo(2);
      assertThat(said()).contains("--sub", "hint:").doesNotContain("/jti");
    }
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "..", "a/b", "a b", ""})
  void aToolsNameIsCheckedBeforeItIsPartOfAPath(String name) {
    assertThat(run("tool", "describe", name)).isEqualTo(2);
    assertThat(said()).contains("There is no tool of that name");
    assertThat(asked).isEmpty();
  }
}
