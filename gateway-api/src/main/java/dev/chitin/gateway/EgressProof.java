package dev.chitin.gateway;

import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.policy.AddressRules;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Proves that requests of tools do not reach what the operator did not open. */
final class EgressProof {
  private static final String CONTROL = "egress.addresses";
  private static final int PORT = 443;

  /** One of each class that no tool may reach by itself; metadata not even when it is opened. */
  private static final List<String> CLOSED =
      List.of("127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fd00:ec2::254");

  private EgressProof() {}

  /**
   * Tries each.
   *
   * @param rules in force
   * @param allowPrivate what the operator opened: the addresses in it are shown with their entry,
   *     as he said that this will do
   */
  static List<Finding> of(AddressRules rules, List<String> allowPrivate) {
    List<Finding> findings = new ArrayList<>();
    for (String text : CLOSED) {
      InetAddress address = address(text);
      if (rules.denied(address, PORT).isEmpty()) {
        findings.add(
            entry(address, allowPrivate)
                .map(
                    key ->
                        new Finding(
                            CONTROL, Verdict.DEGRADED, key + " opens " + text + " to tools"))
                .orElseGet(
                    () ->
                        new Finding(
                            CONTROL, Verdict.INERT, "the address " + text + " is not denied")));
      }
    }
    return findings.isEmpty()
        ? List.of(
            new Finding(
                CONTROL,
                Verdict.PROVEN,
                "loopback, private, link-local and metadata addresses are denied"))
        : findings;
  }

  /** Which entry opens an address, as a person finds it. */
  private static Optional<String> entry(InetAddress address, List<String> allowPrivate) {
    for (int i = 0; i < allowPrivate.size(); i++) {
      String entry = allowPrivate.get(i);
      if (AddressRules.compile(List.of(entry), Set.of()).isGranted(address, PORT)) {
        return Optional.of("egress.allow_private[" + i + "] (" + entry + ")");
      }
    }
    return Optional.empty();
  }

  private static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(literal, e); // A literal is looked up nowhere.
    }
  }
}
