package dev.chitin.sandbox.exec;

import dev.chitin.vault.Vault;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/** A vault that nobody has a reason to ask: it counts whoever does, and fails. */
final class UnaskedVault {
  private final AtomicInteger asked = new AtomicInteger();

  Vault vault() {
    return (Vault)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Vault.class},
            (proxy, method, arguments) -> {
              asked.incrementAndGet();
              throw new AssertionError("no secret is asked for: " + method);
            });
  }

  /** How often it was asked. */
  int asked() {
    return asked.get();
  }
}
