package dev.chitin.it.attack;

import dev.chitin.it.attack.Attack.Run;
import dev.chitin.it.attack.Attack.Scene;
import dev.chitin.it.attack.Attack.Tool;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Numbers 26, 27, 31 and 36: every way out that is no file. */
final class NetworkCases {
  private static final String EVERY_WAY =
      """
      my $v4 = pack 'S n a4 x8', 2, $tcp, "\\x7f\\0\\0\\1";
      my $v6 = pack 'S n N a16 N', 10, $tcp, 0, "\\0" x 15 . "\\1", 0;
      my $u4 = pack 'S n a4 x8', 2, $udp, "\\x7f\\0\\0\\1";
      my $u6 = pack 'S n N a16 N', 10, $udp, 0, "\\0" x 15 . "\\1", 0;
      my $s;
      socket($s, 2, 1, 0) && connect($s, $v4) && syswrite($s, 'x');
      socket($s, 10, 1, 0) && connect($s, $v6) && syswrite($s, 'x');
      socket($s, 2, 2, 0) && send($s, 'x', 0, $u4);
      socket($s, 10, 2, 0) && send($s, 'x', 0, $u6);
      socket($s, 2, 2, 1) && send($s, pack('C C n n n', 8, 0, 0xf7ff, 0, 0), 0, $u4);
      socket($s, 2, 2 | 0x80000 | 0x800, 0) && send($s, "\\xc0\\0\\0\\0\\1", 0, $u4);
      print "end=reached\\n";
      """;

  private NetworkCases() {}

  static List<AttackCase> all() {
    return List.of(
        new AttackCase(26, "abstract-socket", "reaches a socket of the host", abstractSocket()),
        new AttackCase(26, "neighbour", "reaches a socket of another run", neighbour()),
        new AttackCase(27, "families", "opens sockets of other families", families()),
        new AttackCase(31, "direct-network", "TCP, UDP, ICMP, IPv6, QUIC to the host", direct()),
        new AttackCase(36, "proxy-variables", "leaves out the proxy", proxyVariables()));
  }

  private static Run abstractSocket() {
    return Run.of(
            Probe.perl(
                "abstract-socket",
                """
                $! = 0; socket(my $s, 1, 1, 0);
                said('connect', connect($s, pack 'S a*', 1, "\\0$abstract"));
                """))
        .says(Map.of("connect", "ECONNREFUSED"));
  }

  /** One run listens and says so by a file; the other finds nobody there. */
  private static Scene neighbour() {
    var listening =
        new Tool(
            Probe.perl(
                "neighbour-listens",
                """
                socket(my $s, 1, 1, 0); bind($s, pack 'S a*', 1, "\\0$abstract-inside") or die; listen($s, 4);
                open(my $ready, '>', 'ready'); close $ready;
                my $bits = ''; vec($bits, fileno($s), 1) = 1;
                for (1 .. 500) { last if -e 'done'; print "arrived=yes\\n" if select(my $r = $bits, undef, undef, 0.02) }
                print "end=reached\\n";
                """),
            Map.of(),
            Map.of(),
            true);
    var connecting =
        new Tool(
            Probe.perl(
                "neighbour-connects",
                """
                $! = 0; socket(my $s, 1, 1, 0);
                said('connect', connect($s, pack 'S a*', 1, "\\0$abstract-inside"));
                open(my $done, '>', 'done');
                """),
            Map.of(),
            Map.of(),
            true);
    return new Scene(
        List.of(listening, connecting),
        Map.of(),
        "|ready|done",
        true,
        stage -> {
          CompletableFuture<AttackGateway.Answer> listens =
              stage.begin("neighbour-listens", GatewayStage.mark());
          var ready = stage.host().workspace().resolve("ready");
          Bounded.await(() -> Files.exists(ready), "one run listens");
          String said = stage.call("neighbour-connects", GatewayStage.mark()).text();
          String heard = listens.get().text();
          return said.contains("connect=ECONNREFUSED")
                  && heard.contains("end=reached")
                  && !heard.contains("arrived")
              ? Optional.empty()
              : Optional.of(said + heard);
        });
  }

  private static Run families() {
    var says = new HashMap<String, String>();
    for (String family : List.of("vsock", "netlink", "packet", "alg", "bluetooth")) {
      says.put(family, "EAFNOSUPPORT");
      says.put(family + "-high", "EAFNOSUPPORT");
      says.put(family + "-pair", "EAFNOSUPPORT|EPERM");
    }
    says.put("raw", "EPERM");
    says.put("raw-flags", "EPERM");
    says.put("raw6", "EPERM");
    return Run.of(
            Probe.perl(
                "families",
                """
                my %family = (vsock => 40, netlink => 16, packet => 17, alg => 38, bluetooth => 31);
                for my $name (sort keys %family) {
                  my $type = $name eq 'alg' ? 5 : $name eq 'netlink' ? 2 : 1;
                  my $pair = "\\0" x 8;
                  attempt($name, $nr{socket}, $family{$name}, $type, 0);
                  attempt("$name-high", $nr{socket}, $family{$name} | 1 << 32, $type, 0);
                  attempt("$name-pair", $nr{socketpair}, $family{$name}, $type, 0, $pair);
                }
                attempt('raw', $nr{socket}, 2, 3, 1);
                attempt('raw-flags', $nr{socket}, 2, 3 | 0x80000 | 0x800, 255);
                attempt('raw6', $nr{socket}, 10, 3, 58);
                """))
        .says(says);
  }

  private static Run direct() {
    return Run.of(Probe.perl("direct-network", EVERY_WAY)).says(Map.of("end", "reached"));
  }

  private static Run proxyVariables() {
    return Run.of(
            Probe.perl(
                "proxy-variables",
                "delete @ENV{grep { /proxy/i } keys %ENV}; $ENV{NO_PROXY} = '*';\n" + EVERY_WAY))
        .environment(Map.of("NO_PROXY", "*", "no_proxy", "*"))
        .says(Map.of("end", "reached"));
  }
}
