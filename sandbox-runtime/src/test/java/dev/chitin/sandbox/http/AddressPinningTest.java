package dev.chitin.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.AddressRules;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a name stands for, nothing is connected to but what was judged. */
class AddressPinningTest {
  private static final String PUBLIC = "1.1.1.1";
  private static final String HOST = "hooks.example";

  private final Vertx vertx = Vertx.vertx();
  private final WorkerExecutor workers = vertx.createSharedWorkerExecutor("pinning-test", 1);

  @AfterEach
  void close() {
    workers.close().await();
    vertx.close().await();
  }

  private static InetAddress[] addresses(String... literals) {
    InetAddress[] all = new InetAddress[literals.length];
    for (int i = 0; i < all.length; i++) {
      try {
        all[i] = InetAddress.getByName(literals[i]);
      } catch (UnknownHostException e) {
        throw new AssertionError(literals[i], e);
      }
    }
    return all;
  }

  /** The name stands for these, each time for the next. */
  private AddressPinning pinning(
      ClosedAddresses closed, List<String> allowed, List<InetAddress[]> answers) {
    Deque<InetAddress[]> left = new ArrayDeque<>(answers);
    return new AddressPinning(
        AddressRules.compile(allowed, Set.of()), closed, workers, host -> left.removeFirst());
  }

  private AddressPinning pinning(String... literals) {
    return pinning(none(), List.of(), List.<InetAddress[]>of(addresses(literals)));
  }

  private static ClosedAddresses none() {
    return (address, port) -> Optional.empty();
  }

  private static void assertDenied(AddressPinning pinning, String rule) {
    assertThatThrownBy(() -> pinning.address(HOST, 443).await())
        .isInstanceOfSatisfying(
            ChitinException.class,
            denied -> {
              assertThat(denied.code()).isEqualTo(ProblemCode.POLICY_HOST_DENIED);
              assertThat(denied.problem().rule()).isEqualTo(rule);
            });
  }

  @Test
  void anOpenNameIsPinnedToItsFirstAddress() {
    var address = pinning(PUBLIC, "1.0.0.1").address(HOST, 443).await();
    assertThat(address.host()).isEqualTo(PUBLIC);
    assertThat(address.port()).isEqualTo(443);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1", "127.0.0.1", "169.254.169.254", "fe80::1", "fd00:ec2::254"})
  void oneClosedAddressAmongSeveralRefusesTheWholeAnswer(String closed) {
    String rule =
        AddressRules.compile(List.of(), Set.of()).denied(addresses(closed)[0], 443).orElseThrow();
    assertDenied(pinning(closed), rule);
    assertDenied(pinning(closed, PUBLIC), rule);
    assertDenied(pinning(PUBLIC, closed), rule);
    assertDenied(pinning(PUBLIC, "1.0.0.1", closed), rule);
  }

  @Test
  void aNameThatIsBoundAnewIsJudgedAnew() {
    var pinning =
        pinning(none(), List.of(), List.of(addresses(PUBLIC), addresses("169.254.169.254")));
    assertThat(pinning.address(HOST, 443).await().host()).isEqualTo(PUBLIC);
    assertDenied(pinning, "egress.address[metadata]");
  }

  @Test
  void whatIsClosedAboveTheRulesNoGrantOpens() {
    List<String> granted = List.of("127.0.0.1:443");
    List<InetAddress[]> answers = List.<InetAddress[]>of(addresses("127.0.0.1"));
    assertThat(pinning(none(), granted, answers).address(HOST, 443).await().host())
        .isEqualTo("127.0.0.1");
    assertDenied(
        pinning((address, port) -> Optional.of("egress.listener"), granted, answers),
        "egress.listener");
  }
}
