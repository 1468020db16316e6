package dev.chitin.sandbox.file;

import static dev.chitin.sandbox.file.FileCalls.field;
import static dev.chitin.sandbox.file.FileCalls.reason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation;
import dev.chitin.sandbox.SwapRace;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileBackendTest {
  private static final String CANARY = "canary-that-lies-outside";

  private Path root;
  private Path outside;
  private FileCalls calls;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    Path real = directory.toRealPath();
    root = Files.createDirectory(real.resolve("root"));
    outside = Files.createDirectory(real.resolve("outside"));
    Files.writeString(outside.resolve("canary"), CANARY);
    calls = new FileCalls(root);
  }

  @AfterEach
  void stop() {
    calls.close();
  }

  private static JsonValue.Builder input() {
    return JsonValue.object();
  }

  // ---- read ----

  @Test
  void aTextFileIsReadWithItsDigest() throws IOException {
    Path file = Files.writeString(root.resolve("f"), "grüße\n");
    Outcome outcome = calls.read(file);
    assertThat(outcome.status()).isEqualTo("exit 0");
    assertThat(field(outcome, "content")).isEqualTo("grüße\n");
    assertThat(field(outcome, "encoding")).isEqualTo("utf-8");
    assertThat(field(outcome, "digest")).isEqualTo(Digest.ofUtf8("grüße\n").toString());
    assertThat(field(outcome, "truncated")).isEqualTo("false");
  }

  @Test
  void bytesThatAreNoTextAreBase64() throws IOException {
    Path file = Files.write(root.resolve("f"), new byte[] {(byte) 0xff, 0});
    Outcome outcome = calls.read(file);
    assertThat(field(outcome, "encoding")).isEqualTo("base64");
    assertThat(field(outcome, "content")).isEqualTo("/wA=");
  }

  @Test
  void aPartIsReadFromItsOffsetOn() throws IOException {
    Path file = Files.writeString(root.resolve("f"), "0123456789");
    Outcome outcome = calls.run("read", file, input().put("offset", 3).put("limit", 4));
    assertThat(field(outcome, "content")).isEqualTo("3456");
    assertThat(field(outcome, "truncated")).isEqualTo("true");
    assertThat(field(outcome, "size")).isEqualTo("10");
  }

  @Test
  void aLargeFileIsCutAtTheBound() throws IOException {
    Path file = Files.write(root.resolve("f"), new byte[(1 << 20) + 5]);
    Outcome outcome = calls.read(file);
    assertThat(field(outcome, "bytes")).isEqualTo("1048576");
    assertThat(field(outcome, "truncated")).isEqualTo("true");
  }

  @Test
  void whatIsNotThereIsSaidWithoutAPathOfTheHost() {
    Outcome outcome = calls.read(root.resolve("nothing"));
    assertThat(outcome.status()).isEqualTo("exit 1");
    assertThat(reason(outcome)).isEqualTo("There is no such file or directory.");
  }

  @Test
  void specialFilesAreRefusedWithoutWaiting() throws Exception {
    Path fifo = root.resolve("fifo");
    assertThat(new ProcessBuilder("/usr/bin/mkfifo", fifo.toString()).start().waitFor()).isZero();
    assertThat(reason(calls.read(fifo))).isEqualTo("It is a FIFO, not a regular file.");
    assertThat(reason(calls.write(fifo, "x"))).isEqualTo("It is a FIFO, not a regular file.");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      Path socket = root.resolve("socket");
      server.bind(UnixDomainSocketAddress.of(socket));
      assertThat(reason(calls.read(socket))).isEqualTo("It is a socket, not a regular file.");
      assertThat(reason(calls.write(socket, "x"))).contains("a socket");
    }
    assertThat(reason(calls.read(root))).contains("a directory");
    try (var devices = new FileCalls(Path.of("/dev"))) {
      assertThat(reason(devices.read(Path.of("/dev/null")))).contains("a device");
      assertThat(reason(devices.read(Path.of("/dev/zero")))).contains("a device");
      assertThat(reason(devices.write(Path.of("/dev/null"), "x"))).contains("a device");
    }
  }

  @Test
  void aFileWithAnotherNameIsNotWritten() throws IOException {
    Path link = Files.createLink(root.resolve("link"), outside.resolve("canary"));
    Outcome outcome = calls.write(link, "overwritten");
    assertThat(reason(outcome)).contains("several names");
    assertThat(Files.readString(outside.resolve("canary"))).isEqualTo(CANARY);
    assertThat(field(calls.read(link), "content")).as("its owner may read it").isEqualTo(CANARY);
  }

  // ---- write ----

  @Test
  void aNewFileIsMadeAndOnlyItsOwnerMayReadIt() throws IOException {
    Path file = root.resolve("new");
    Outcome outcome = calls.write(file, "content");
    assertThat(field(outcome, "created")).isEqualTo("true");
    assertThat(Files.readString(file)).isEqualTo("content");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(entries()).containsExactly("new");
  }

  @Test
  void anExistingFileIsReplacedAsAWhole() throws IOException {
    Path file = Files.writeString(root.resolve("f"), "a much longer content than before");
    Object before = Files.getAttribute(file, "unix:ino");
    Outcome outcome = calls.write(file, "short");
    assertThat(field(outcome, "created")).isEqualTo("false");
    assertThat(Files.readString(file)).isEqualTo("short");
    assertThat(Files.getAttribute(file, "unix:ino")).isNotEqualTo(before);
  }

  @Test
  void base64IsDecodedAndNonsenseRefused() throws IOException {
    Path file = root.resolve("f");
    calls.run("write", file, input().put("content", "/wA=").put("encoding", "base64"));
    assertThat(Files.readAllBytes(file)).containsExactly(0xff, 0);
    Outcome outcome =
        calls.run("write", file, input().put("content", "%").put("encoding", "base64"));
    assertThat(reason(outcome)).isEqualTo("The content is not base64.");
    assertThat(Files.readAllBytes(file)).containsExactly(0xff, 0);
  }

  @Test
  void theDirectoryOfANewFileHasToExist() throws IOException {
    assertThat(reason(calls.write(root.resolve("a/b"), "x"))).contains("no such file");
    assertThat(entries()).isEmpty();
  }

  // ---- the root ----

  @Test
  void aRootThatWasSwappedIsRefused() throws IOException {
    Files.writeString(root.resolve("f"), "x");
    Invocation.FileTarget target = calls.target(root.resolve("f").toString());
    Files.move(root, root.resolveSibling("moved"));
    Files.createDirectory(root);
    Files.writeString(root.resolve("f"), "other");
    assertThatThrownBy(() -> calls.run("read", target, input().build()))
        .hasMessageStartingWith("policy.path_denied");
  }

  @Test
  void aPathWithoutARootIsRefused() {
    Invocation.FileTarget target = calls.target(outside.resolve("canary").toString());
    assertThat(target.root()).isEmpty();
    assertThatThrownBy(() -> calls.run("read", target, input().build()))
        .hasMessageStartingWith("policy.path_denied");
    var forged =
        new Invocation.FileTarget(
            "/x",
            root + "/../outside/canary",
            root.toString(),
            PathResolver.identity(root.toString()).orElseThrow(),
            true);
    assertThat(reason(calls.run("read", forged, input().build()))).contains("leads out");
  }

  @Test
  void aLinkPutThereAfterThePlanIsNotFollowed() throws IOException {
    Files.createDirectory(root.resolve("d"));
    Files.writeString(root.resolve("d/canary"), "inside");
    Invocation.FileTarget target = calls.target(root.resolve("d/canary").toString());
    Files.delete(root.resolve("d/canary"));
    Files.delete(root.resolve("d"));
    Files.createSymbolicLink(root.resolve("d"), outside);
    assertThat(reason(calls.run("read", target, input().build()))).contains("symbolic link");
    Outcome write = calls.run("write", target, input().put("content", "x").build());
    assertThat(reason(write)).contains("symbolic link");
    assertThat(Files.readString(outside.resolve("canary"))).isEqualTo(CANARY);
  }

  @Test
  void aDirectorySwappedForALinkInALoopNeverLeadsOutside() throws Exception {
    Path real = Files.createDirectory(root.resolve("real"));
    Files.writeString(real.resolve("canary"), "inside");
    Files.createSymbolicLink(root.resolve("evil"), outside);
    Path d = root.resolve("d");
    Files.move(real, d);
    Invocation.FileTarget target = calls.target(d.resolve("canary").toString());
    SwapRace.run(
        4_000,
        () -> {
          Files.move(d, real);
          Files.move(root.resolve("evil"), d);
          Files.move(d, root.resolve("evil"));
          Files.move(real, d);
        },
        round -> {
          Outcome read = calls.run("read", target, input().build());
          assertThat(field(read, "content")).doesNotContain(CANARY);
          if (round % 4 == 0) {
            calls.run("write", target, input().put("content", "inside").build());
          }
          boolean reached = read.status().equals("exit 0");
          assertThat(field(read, "content")).isEqualTo(reached ? "inside" : "");
          return reached;
        });
    assertThat(Files.readString(outside.resolve("canary"))).isEqualTo(CANARY);
    try (var left = Files.list(outside)) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void noPathOfTheCorpusReachesOutside() throws IOException {
    Path corpus =
        Path.of(System.getProperty("chitin.root", "."), "../shared/corpora/paths/traversal.txt");
    Assumptions.assumeTrue(Files.exists(corpus), "the corpus of traversal payloads is not here");
    Files.writeString(root.resolve("granted"), "inside");
    int tried = 0;
    for (String line : Files.readAllLines(corpus)) {
      for (String payload :
          List.of(
              line,
              line.replace("{FILE}", "etc/passwd"),
              line.replace("{FILE}", outside.resolve("canary").toString().substring(1)))) {
        for (String path :
            List.of("/" + payload, root + "/" + payload, root + "/granted" + payload)) {
          reachesNothing(path);
          tried++;
        }
      }
    }
    assertThat(tried).isGreaterThan(3000);
    assertThat(entries()).containsExactly("granted");
  }

  /** Tries the path as it stands, and also with its {@code ..} left in, as no planner would. */
  private void reachesNothing(String path) {
    String hosts = "root:x:0:0";
    Invocation.FileTarget planned;
    try {
      planned = calls.target(path);
    } catch (dev.chitin.bus.ChitinException e) {
      return;
    }
    var forged =
        new Invocation.FileTarget(
            path,
            path,
            root.toString(),
            PathResolver.identity(root.toString()).orElseThrow(),
            true);
    for (Invocation.FileTarget target : List.of(planned, forged)) {
      try {
        Outcome outcome = calls.run("read", target, input().build());
        assertThat(field(outcome, "content")).as(path).doesNotContain(CANARY).doesNotContain(hosts);
        assertThat(reason(outcome)).as(path).doesNotContain(outside.toString());
      } catch (dev.chitin.bus.ChitinException refused) {
        assertThat(refused.code().code()).isEqualTo("policy.path_denied");
      }
    }
  }

  // ---- list and search ----

  @Test
  void aListingGoesAsDeepAsAskedAndFollowsNoLink() throws IOException {
    Files.createDirectories(root.resolve("a/b"));
    Files.writeString(root.resolve("a/b/f"), "xyz");
    Files.writeString(root.resolve("denied"), "x");
    Files.writeString(root.resolve(".env"), "x");
    Files.createSymbolicLink(root.resolve("l"), outside);
    Outcome flat = calls.run("list", root, input());
    assertThat(field(flat, "entries"))
        .isEqualTo(
            "[{\"path\":\"a\",\"type\":\"directory\"},{\"path\":\"l\",\"type\":\"symlink\"}]");
    Outcome deep = calls.run("list", root, input().put("depth", 3));
    assertThat(field(deep, "entries"))
        .contains("{\"path\":\"a/b/f\",\"size\":3,\"type\":\"file\"}")
        .doesNotContain("canary")
        .doesNotContain("denied");
  }

  @Test
  void aListingStopsAtItsBound() throws IOException {
    for (int i = 0; i < TreeWalk.MOST_ENTRIES + 1; i++) {
      Files.createFile(root.resolve("f" + i));
    }
    Outcome outcome = calls.run("list", root, input());
    assertThat(field(outcome, "truncated")).isEqualTo("true");
    assertThat(outcome.output())
        .isInstanceOfSatisfying(
            JsonValue.Obj.class,
            object ->
                assertThat(object.get("entries"))
                    .isInstanceOfSatisfying(
                        JsonValue.Arr.class,
                        entries -> assertThat(entries.items()).hasSize(TreeWalk.MOST_ENTRIES)));
  }

  @Test
  void aSearchFindsLinesInTextFilesThatMayBeRead() throws IOException {
    Files.createDirectory(root.resolve("d"));
    Files.writeString(root.resolve("d/a.txt"), "one\nneedle 1\nNEEDLE\n");
    Files.writeString(root.resolve("d/b.md"), "needle 2\n");
    Files.writeString(root.resolve("denied"), "needle 3\n");
    Files.writeString(root.resolve(".env"), "needle 4\n");
    Files.write(root.resolve("binary"), "\0needle 5\n".getBytes(StandardCharsets.UTF_8));
    Files.createSymbolicLink(root.resolve("l"), outside);
    Outcome outcome = calls.run("search", root, input().put("pattern", "need[l]e|canary"));
    assertThat(field(outcome, "matches"))
        .isEqualTo(
            "[{\"line\":2,\"path\":\"d/a.txt\",\"text\":\"needle 1\"},"
                + "{\"line\":1,\"path\":\"d/b.md\",\"text\":\"needle 2\"}]");
    Outcome glob =
        calls.run(
            "search",
            root,
            input().put("pattern", "needle").put("glob", "*.txt").put("ignore_case", true));
    assertThat(field(glob, "matches")).contains("\"line\":3").doesNotContain("b.md");
    Outcome literal =
        calls.run("search", root, input().put("pattern", "need[l]e").put("literal", true));
    assertThat(field(literal, "matches")).isEqualTo("[]");
    Outcome one = calls.run("search", root, input().put("pattern", "needle").put("max_results", 1));
    assertThat(field(one, "truncated")).isEqualTo("true");
  }

  @Test
  void aPatternThatRunsAwayIsStopped() throws IOException {
    Files.writeString(root.resolve("f"), "a".repeat(5000) + "!");
    var target = calls.target(root.toString());
    JsonValue.Obj input = input().put("pattern", "(.*a){25}x").build();
    Outcome late = FileCalls.await(calls.start(FileCalls.call("search", target, input, 300)));
    assertThat(late.status()).isEqualTo("deadline");

    var context = new CallContext(Deadline.after(Duration.ofSeconds(30)));
    Future<Outcome> running =
        calls.backend.run(
            FileCalls.call("search", target, input, 25_000), OutputSink.NONE, context);
    context.cancel("test");
    Outcome cancelled;
    try {
      cancelled = FileCalls.await(running);
      assertThat(cancelled.status()).isEqualTo("cancelled");
    } catch (dev.chitin.bus.ChitinException notStarted) {
      assertThat(notStarted.code().code()).isEqualTo("call.cancelled");
    }
  }

  @Test
  void aPatternThatNestsTooDeeplyIsRefused() throws IOException {
    Files.writeString(root.resolve("f"), "ab".repeat(4000));
    Outcome outcome = calls.run("search", root, input().put("pattern", "(a|b)*c"));
    assertThat(outcome.status()).isEqualTo("exit 1");
    assertThat(reason(outcome)).contains("too deeply");
    assertThat(reason(calls.run("search", root, input().put("pattern", "("))))
        .contains("no regular expression");
  }

  @Test
  void moreCallsThanTheQueueHoldsAreRefused() throws Exception {
    Files.writeString(root.resolve("f"), "a".repeat(5000) + "!");
    var target = calls.target(root.toString());
    JsonValue.Obj input = input().put("pattern", "(.*a){25}x").build();
    var running = new ArrayList<Future<Outcome>>();
    for (int i = 0; i < 400; i++) {
      running.add(calls.start(FileCalls.call("search", target, input, 200)));
    }
    long refused = 0;
    for (Future<Outcome> future : running) {
      try {
        future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException e) {
        assertThat(e.getCause()).hasMessageStartingWith("gateway.overloaded");
        refused++;
      }
      if (refused > 0) {
        break;
      }
    }
    assertThat(running.stream().filter(Future::failed).count()).isGreaterThanOrEqualTo(100);
  }

  private List<String> entries() throws IOException {
    try (var entries = Files.list(root)) {
      return entries.map(path -> String.valueOf(path.getFileName())).toList();
    }
  }
}
