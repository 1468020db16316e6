package dev.chitin.vault.unlock;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;

/**
 * Argon2id in a short-lived JVM: the passphrase goes in and the key comes out through pipes whose
 * other ends this process writes and reads from native memory. One derivation at a time. Blocks.
 */
public final class Argon2Process implements PassphraseKdf {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  private static final int KEY_BYTES = 32;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Object ONE_AT_A_TIME = new Object();

  @Override
  public SecretBytes derive(SecretBytes passphrase, Argon2Parameters parameters) {
    parameters.check(Argon2Parameters::memoryOfMachine);
    if (passphrase.length() > Argon2Child.MAX_PASSPHRASE) {
      throw Problem.of(ProblemCode.VAULT_SLOT_INVALID, "The passphrase is longer than 1024 bytes.")
          .withRule("passphrase.length")
          .withHint("Choose a shorter one.")
          .toException();
    }
    synchronized (ONE_AT_A_TIME) {
      try {
        return derived(passphrase, parameters);
      } catch (IOException e) {
        throw broken(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw broken(e);
      }
    }
  }

  private static SecretBytes derived(SecretBytes passphrase, Argon2Parameters parameters)
      throws IOException, InterruptedException {
    try (Descriptors.Pipe in = Descriptors.Pipe.open();
        Descriptors.Pipe out = Descriptors.Pipe.open()) {
      Process child = start(in, out, parameters);
      try {
        in.closeReader();
        out.closeWriter();
        Descriptors.write(in.writer(), passphrase.segment(ACCESS));
        in.closeWriter();
        return result(child, out);
      } finally {
        child.destroyForcibly();
      }
    }
  }

  private static SecretBytes result(Process child, Descriptors.Pipe out)
      throws IOException, InterruptedException {
    SecretBytes key = SecretBytes.allocate(KEY_BYTES);
    try {
      long length = Descriptors.read(out.reader(), key.segment(ACCESS), PATIENCE);
      boolean ended = child.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (ended && child.exitValue() == Argon2Child.INVALID_TEXT) {
        throw Problem.of(ProblemCode.VAULT_SLOT_INVALID, "The passphrase is no UTF-8 text.")
            .withRule("passphrase.encoding")
            .withHint("Type it, or write it as UTF-8.")
            .toException();
      }
      if (!ended || child.exitValue() != 0 || length != KEY_BYTES) {
        throw new IOException("the process that derives ended without a key");
      }
      return key;
    } catch (IOException | InterruptedException | RuntimeException e) {
      key.close();
      throw e;
    }
  }

  /** The pipes' ends are opened by their names: the child gets them and nothing else. */
  private static Process start(
      Descriptors.Pipe in, Descriptors.Pipe out, Argon2Parameters parameters) throws IOException {
    long heapMib = parameters.memoryKib() / 1_024L * 5 / 4 + 64;
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + heapMib + "m",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "-XX:-HeapDumpOnOutOfMemoryError",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:+DisableAttachMechanism",
            "-cp",
            classPath(),
            Argon2Child.class.getName(),
            Integer.toString(parameters.memoryKib()),
            Integer.toString(parameters.passes()),
            Integer.toString(parameters.lanes()),
            HexFormat.of().formatHex(parameters.salt()));
    builder.environment().clear();
    return builder
        .redirectInput(new File("/proc/self/fd/" + in.reader()))
        .redirectOutput(new File("/proc/self/fd/" + out.writer()))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static String classPath() throws IOException {
    return String.join(
        File.pathSeparator, List.of(place(Argon2Child.class), place(Argon2BytesGenerator.class)));
  }

  private static String place(Class<?> type) throws IOException {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null) {
      throw new IOException("it is not known where " + type.getName() + " lies");
    }
    try {
      return Path.of(source.getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  private static RuntimeException broken(Exception e) {
    return Problem.of(
            ProblemCode.VAULT_UNAVAILABLE, "The key could not be derived from the passphrase.")
        .withRule("vault.argon2")
        .withHint("Derivation starts a JVM; look at the memory that is free.")
        .toException(e);
  }
}
