package dev.chitin.sandbox.nativeos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SpawnerTest {

  /** {@code --die-with-parent} follows the thread that spawned, not the process. */
  @Test
  void aChildThatDiesWithItsParentOutlivesTheThreadThatAskedForIt() throws Exception {
    Fd[] pipe = Descriptors.pipe();
    try (var spawner = new Spawner();
        Fd started = pipe[0];
        Fd writer = pipe[1];
        Fd nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDWR, 0, 0)) {
      var spawned = new CompletableFuture<ChildProcess>();
      Thread caller =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      spawned.complete(
                          spawner.spawn(
                              "/usr/bin/bwrap",
                              List.of(
                                  "bwrap",
                                  "--die-with-parent",
                                  "--unshare-user",
                                  "--unshare-pid",
                                  "--ro-bind",
                                  "/",
                                  "/",
                                  "--",
                                  "/usr/bin/dash",
                                  "-c",
                                  "echo started; exec sleep 600"),
                              List.of(nothing, writer, nothing)));
                      // Not before it has asked to die with its parent.
                      Polling.awaitReadable(started, 20_000);
                    } catch (IOException | InterruptedException e) {
                      spawned.completeExceptionally(e);
                    }
                  });
      try (ChildProcess child = spawned.get(20, TimeUnit.SECONDS)) {
        caller.join();
        assertThat(Polling.awaitReadable(child.pidfd(), 500)).as("it has ended").isFalse();
        child.kill();
        child.reap();
      }
    }
  }

  @Test
  void aChildHasExactlyTheDescriptorsItWasGiven() throws Exception {
    Fd[] pipe = Descriptors.pipe();
    try (var spawner = new Spawner();
        Fd reader = pipe[0];
        Fd writer = pipe[1];
        Fd nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDWR, 0, 0);
        Fd content =
            Descriptors.memfd(
                "content", "from the fifth".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        ChildProcess child =
            spawner.spawn(
                "/usr/bin/dash",
                List.of(
                    "sh",
                    "-c",
                    "cat <&4; for n in 0 1 2 3 4 5 6 7 8 9 20 200 201 300; do"
                        + " [ -e /proc/$$/fd/$n ] && printf \" $n\"; done; env | grep -vc '^PWD='"),
                List.of(nothing, writer, writer, nothing, content))) {
      Polling.awaitReadable(child.pidfd(), 20_000);
      child.reap();
      try (var arena = java.lang.foreign.Arena.ofConfined()) {
        var buffer = arena.allocate(4096);
        long n = Descriptors.read(reader, buffer);
        assertThat(
                new String(
                    buffer.asSlice(0, n).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE),
                    java.nio.charset.StandardCharsets.UTF_8))
            .isEqualTo("from the fifth 0 1 2 3 40\n");
      }
    }
  }

  /** The kernel kills a child bound to its parent's thread when that thread ends. */
  @Test
  void aTaskThatFailsDoesNotTakeAlongWhatItsThreadSpawned() throws Exception {
    Fd[] pipe = Descriptors.pipe();
    Fd writer = pipe[1];
    try (var spawner = new Spawner();
        Fd reader = pipe[0];
        Fd nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDWR, 0, 0);
        ThreadPoolExecutor threads = spawner.threads("test-spawning-", 1, 4)) {
      var thread = new AtomicReference<Thread>();
      var spawned = new CompletableFuture<ChildProcess>();
      threads.execute(
          () -> {
            thread.set(Thread.currentThread());
            try {
              // It waits for its input, as long as it may.
              spawned.complete(
                  spawner.spawn(
                      "/usr/bin/setpriv",
                      List.of("setpriv", "--pdeathsig", "KILL", "/usr/bin/cat"),
                      List.of(reader, nothing, nothing)));
            } catch (IOException | InterruptedException e) {
              spawned.completeExceptionally(e);
            }
            throw new StackOverflowError("made by a test");
          });
      try (ChildProcess child = spawned.get(20, TimeUnit.SECONDS)) {
        assertThat(threads.submit(Thread::currentThread).get(20, TimeUnit.SECONDS))
            .isSameAs(thread.get());
        assertThat(Polling.awaitReadable(child.pidfd(), 200)).isFalse();
        writer.close();
        assertThat(Polling.awaitReadable(child.pidfd(), 20_000)).isTrue();
        child.reap();
      }
    }
  }
}
