package dev.chitin.it.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.chitin.gateway.ChitinHome;
import dev.chitin.gateway.Gateway;
import dev.chitin.gateway.SettingsReader;
import dev.chitin.gateway.VaultAccess;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.sandbox.nativeos.Processes;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.memory.SecretMemory;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A gateway that lets itself be looked into: made dumpable again after its start, by this test and
 * not by a switch of the product. Told what to do by lines on stdin, each answered by one line that
 * says how often the garbage collector has run.
 */
public final class ScannedGateway {
  /** What hides a copy of secret memory from a scan of this process. */
  static final byte MASK = 0x5A;

  /** Where the passphrase is read, when there is one. */
  static final int PASSPHRASE_FD = 3;

  private ScannedGateway() {}

  /**
   * Runs until stdin ends.
   *
   * @param arguments the home, then maybe {@code passphrase}
   */
  public static void main(String... arguments) throws Exception {
    Thread.currentThread().setUncaughtExceptionHandler(ScannedGateway::end);
    Map<String, String> environment = Map.of("CHITIN_HOME", arguments[0]);
    ChitinHome home = ChitinHome.of(environment);
    var access =
        arguments.length > 1
            ? new VaultAccess(ScannedGateway::passphrase, Optional::empty, false)
            : VaultAccess.KEY_FILE;
    Gateway gateway =
        Gateway.start(
            SettingsReader.read(
                    Configuration.load(home.configuration(), environment), home, environment)
                .withPort(0),
            access);
    Processes.setDumpable(true);
    System.out.println(gateway.url() + " " + SecretMemory.level());
    List<Object> planted = new ArrayList<>();
    Thread litter = Thread.ofPlatform().daemon().unstarted(ScannedGateway::litter);
    var held = new HeldLease(gateway);
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", 2);
      switch (words[0]) {
        case "plant" -> {
          planted.add(words[1]);
          planted.add(words[1].getBytes(StandardCharsets.UTF_16LE));
        }
        case "litter" -> litter.start();
        case "quiet" -> {
          litter.interrupt();
          litter.join();
        }
        case "hold" -> held.open(words[1]);
        case "release" -> held.release();
        case "arena" -> Files.write(Path.of(words[1]), masked());
        case "heap" ->
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpHeap(words[1], false);
        default -> throw new IllegalArgumentException(words[0]);
      }
      System.out.println("done " + collections() + " " + planted.size());
    }
    gateway.stop();
  }

  /** Whoever waits for an answer is told by the end of the process. */
  private static void end(Thread failed, Throwable why) {
    why.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  /** Read as {@code --passphrase-fd} reads it. */
  private static Optional<SecretBytes> passphrase() {
    try {
      Method line =
          Class.forName("dev.chitin.gateway.cli.SecretReader")
              .getDeclaredMethod("line", int.class, String.class);
      line.setAccessible(true);
      return Optional.of((SecretBytes) line.invoke(null, PASSPHRASE_FD, "passphrase"));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the passphrase was not read", e);
    }
  }

  /** All of secret memory, masked byte by byte so that no copy in clear comes to be. */
  private static byte[] masked() throws ReflectiveOperationException {
    Field process = SecretMemory.class.getDeclaredField("PROCESS");
    process.setAccessible(true);
    Object arena = process.get(null);
    Field mapping = arena.getClass().getDeclaredField("mapping");
    mapping.setAccessible(true);
    var memory = (MemorySegment) mapping.get(arena);
    byte[] masked = new byte[Math.toIntExact(memory.byteSize())];
    for (int i = 0; i < masked.length; i++) {
      masked[i] = (byte) (memory.get(ValueLayout.JAVA_BYTE, i) ^ MASK);
    }
    return masked;
  }

  private static void litter() {
    byte[][] kept = new byte[64][];
    for (long i = 0; !Thread.currentThread().isInterrupted(); i++) {
      kept[(int) (i % kept.length)] = new byte[4_000];
      if (i % 10_000 == 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }
  }
}
