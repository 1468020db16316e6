package dev.chitin.it.memory;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.Gateway;
import dev.chitin.vault.CredentialUse;
import dev.chitin.vault.Lease;
import dev.chitin.vault.LeaseBinding;
import dev.chitin.vault.LeaseRequest;
import dev.chitin.vault.LeaseUse;
import dev.chitin.vault.LocalVault;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretName;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A secret of a gateway in the middle of its use: leased, spent, open and not yet wiped. */
final class HeldLease {
  private final Gateway gateway;
  private final CountDownLatch open = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);
  private Thread holder = Thread.currentThread();

  HeldLease(Gateway gateway) {
    this.gateway = gateway;
  }

  /** Returns while the secret {@code name} is open on another thread. */
  void open(String name) throws Exception {
    Field field = Gateway.class.getDeclaredField("interior");
    field.setAccessible(true);
    var foundation = (Foundation) part(field.get(gateway), "foundation");
    var log = (DurableAuditLog) part(foundation, "log");
    var vault = (LocalVault) part(foundation, "localVault");
    Deadline later = Deadline.after(Duration.ofMinutes(1));
    Digest plan = Digest.ofUtf8("a plan that is held");
    var call = new AuditEvent.CallRef("held", "default", "it", null, plan, "v");
    var allowed =
        new AuditEvent.ToolExecution(name, true, call, new AuditEvent.Phase.Authorized("held"));
    Receipt receipt = log.authorize(allowed, later).await();
    var binding =
        new LeaseBinding("http", "127.0.0.1", 80, "GET", "/", "header", "authorization", "bearer");
    var request = new LeaseRequest(new SecretName(name), plan, "held", receipt, call, binding);
    Lease lease = vault.lease(request, later).await();
    CredentialUse use =
        vault
            .spend(SecretAccess.granted(), lease, new LeaseUse(plan, "default", "it", binding))
            .await();
    holder = Thread.ofPlatform().daemon().start(() -> use.open(secret -> hold()));
    open.await();
  }

  private static Object part(Object whole, String name) throws ReflectiveOperationException {
    Method part = whole.getClass().getDeclaredMethod(name);
    part.setAccessible(true);
    return part.invoke(whole);
  }

  private boolean hold() {
    open.countDown();
    try {
      end.await();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends the use; returns when the secret is wiped. */
  void release() throws InterruptedException {
    end.countDown();
    holder.join();
  }
}
