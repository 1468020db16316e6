package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.completed;
import static dev.chitin.audit.Events.entries;
import static dev.chitin.audit.Events.soon;
import static dev.chitin.audit.Events.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.Deadline;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The log as other modules see it: over the bus. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AuditVerticleTest {
  private final Vertx vertx = Vertx.vertx();
  private final Bus bus = Bus.of(vertx);
  private final FaultyStorage disk = new FaultyStorage();
  private final DurableAuditLog log;

  AuditVerticleTest(@TempDir Path directory) {
    AuditSettings settings =
        AuditSettings.of(directory, "n1", "0.1.0").withSegmentBytes(1 << 20).withMinFreeBytes(0);
    log = DurableAuditLog.open(settings, disk);
  }

  @BeforeEach
  void deploy() {
    await(vertx.deployVerticle(new AuditVerticle(bus, log)));
  }

  @AfterEach
  void stop() {
    disk.resume();
    await(vertx.close());
    log.close();
  }

  @Test
  void aReceiptOverTheBusOpensItsPlan() {
    var client = new AuditLogClient(bus);
    Receipt receipt = await(client.authorize(authorized("c"), soon()));
    assertThatCode(() -> log.receipts().verify(receipt, Events.PLAN, "decision-c"))
        .doesNotThrowAnyException();
    assertThat(await(client.append(completed("c"), soon())).index()).isEqualTo(1);
  }

  @Test
  void answersComeOnTheCallersContext() {
    Context context = vertx.getOrCreateContext();
    Promise<List<String>> seen = Promise.promise();
    context.runOnContext(
        nothing -> {
          var threads = new ArrayList<String>();
          String own = Thread.currentThread().getName();
          var all = new ArrayList<Future<?>>();
          for (int i = 0; i < 100; i++) {
            all.add(
                log.append(Events.note("n"), soon())
                    .onComplete(r -> threads.add(Thread.currentThread().getName())));
          }
          Future.all(all).onComplete(r -> seen.complete(threads)).onFailure(seen::tryFail);
          threads.add(own);
        });
    List<String> threads = await(seen.future());
    assertThat(threads).hasSize(101);
    assertThat(threads).containsOnly(threads.getFirst());
  }

  @Test
  void aCallerThatLeavesWhileItIsAuthorizedLeavesANotRun() {
    disk.stall();
    BusCall<Receipt> call =
        bus.endpoint(AuditAddresses.AUTHORIZE, 8).start(authorized("gone"), soon());
    disk.awaitStalled();
    call.cancel("caller left");
    // Messages of one sender arrive in order: when this one is answered, the cancellation was seen.
    Future<Receipt> refused =
        bus.endpoint(AuditAddresses.AUTHORIZE, 8).call(completed("no authorization"), soon());
    assertThat(await(refused.map("receipt").otherwise("none"))).isEqualTo("none");
    disk.resume();
    assertThat(await(call.result().map("receipt").otherwise("none"))).isEqualTo("none");
    assertThat(entries(log.reader()))
        .extracting(e -> text(e, "phase"))
        .containsExactly("Authorized", "NotRun");
  }

  @Test
  void aCallersTimeoutLeavesANotRunToo() {
    disk.stall();
    Future<Receipt> receipt =
        new AuditLogClient(bus)
            .authorize(authorized("late"), Deadline.after(Duration.ofMillis(100)));
    disk.awaitStalled();
    assertThat(await(receipt.map("receipt").otherwise("none"))).isEqualTo("none");
    disk.resume();
    await(log.append(Events.note("after"), soon()));
    await(log.append(Events.note("after"), soon()));
    assertThat(entries(log.reader())).extracting(e -> text(e, "phase")).contains("NotRun");
  }
}
