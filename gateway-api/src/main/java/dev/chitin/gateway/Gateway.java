package dev.chitin.gateway;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.reload.ConfigSource;
import dev.chitin.vault.SlotInfo;
import dev.chitin.vault.Vault;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole gateway. Starts log, vault, policy, sandbox, self-proof and edge, in this order; a
 * control that does not hold its proof stops the start. Stops in reverse, the log last. Both block.
 */
public final class Gateway {
  private final Interior interior;
  private final Serving serving;

  private Gateway(Interior interior, Serving serving) {
    this.interior = interior;
    this.serving = serving;
  }

  /**
   * Starts a gateway and returns when it is ready.
   *
   * @throws dev.chitin.bus.ChitinException with what stands in the way; nothing is left running
   */
  public static Gateway start(GatewaySettings settings, VaultAccess access) {
    return start(settings, access, null);
  }

  /**
   * The same, with a configuration that can be read again while it serves.
   *
   * @param source where {@code settings} came from, or null
   */
  public static Gateway start(
      GatewaySettings settings, VaultAccess access, @Nullable ConfigSource source) {
    var interior = Interior.start(settings, access);
    try {
      interior.life().started();
      new ChangeRecord(interior.foundation(), settings)
          .atStart(Digest.parse(interior.station().snapshot().version()));
      prove(interior);
      return new Gateway(interior, Serving.start(interior, source));
    } catch (RuntimeException e) {
      interior.stop();
      throw e;
    }
  }

  /** Starts a gateway that opens its vault with the key file alone. */
  public static Gateway start(GatewaySettings settings) {
    return start(settings, VaultAccess.KEY_FILE);
  }

  /** Proves the controls without serving anybody. */
  public static Doctor.Report examine(GatewaySettings settings, VaultAccess access) {
    var interior = Interior.start(settings, access);
    try {
      return interior.doctor("demand").examine().await();
    } finally {
      interior.stop();
    }
  }

  private static void prove(Interior interior) {
    Doctor.Report report = interior.doctor("start").examine().await();
    if (!report.sound()) {
      throw Problem.of(
              ProblemCode.SANDBOX_UNAVAILABLE,
              "A control did not hold its own proof: "
                  + String.join("; ", report.texts(Doctor.Verdict.INERT)))
          .withHint("chitin doctor shows each control.")
          .toException();
    }
  }

  /** Where it listens, {@code http://127.0.0.1:8787} say. */
  public String url() {
    return serving.url();
  }

  public GatewaySettings settings() {
    return interior.settings();
  }

  public KeyStore keys() {
    return interior.foundation().keys();
  }

  public Vault vault() {
    return interior.foundation().vault();
  }

  /** The ways to open the vault. */
  public List<SlotInfo> vaultSlots() {
    return interior.foundation().vaultAdministration().slots();
  }

  /** What is weaker here than it should be, with the operator's consent. */
  public List<String> degraded() {
    return interior.readiness().degraded();
  }

  /**
   * Ends service in order: running calls have their time, and what remains is cancelled and
   * recorded. Blocks; {@link #stop} has to follow.
   */
  public void drain() throws InterruptedException {
    serving.drain().run();
  }

  /** Has {@link #drain} wait no longer. */
  public void hurry() {
    serving.drain().hurry();
  }

  /**
   * Reads the configuration again. Blocks.
   *
   * @throws dev.chitin.bus.ChitinException when it is refused, which changes nothing
   */
  public void reload(String actor) {
    serving.reload().run(actor);
  }

  /** Stops in order: no new work, running calls ended and recorded, the log closed last. */
  public void stop() {
    interior.stop();
  }
}
