package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.unlock.RecoveryCode;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code chitin vault add-recovery}: a slot that a code opens, which is shown once. */
@Command(
    name = "add-recovery",
    description = "Make a recovery code that opens the vault on any machine; shown once.")
final class VaultAddRecoveryCommand implements Callable<Integer> {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  private final Session session;

  VaultAddRecoveryCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (SecretBytes key = SecretBytes.random(RecoveryCode.BYTES);
        SecretBytes code = RecoveryCode.write(key)) {
      JsonValue.Obj slot = new VaultSlots(session).add("recovery", null, null, null, key.copy());
      session.err().println("Write this down and keep it away from here; it is shown once:");
      show(code);
      session.err().println("Its slot is " + Texts.of(slot, "id") + ".");
      return ExitCode.OK.value();
    }
  }

  /** As bytes: the code never is a String. */
  private void show(SecretBytes code) {
    byte[] bytes = code.segment(ACCESS).toArray(ValueLayout.JAVA_BYTE);
    try {
      session.out().write(bytes);
      session.out().println();
      session.out().flush();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The code could not be shown.").toException(e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }
}
