package dev.chitin.gateway.rate;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * The buckets of the edge: one for each address, before anybody is known, one for each principal,
 * and one for each address on the health routes, so that neither takes from the other.
 *
 * @param addresses by peer address; version 6 by its /64
 * @param health by peer address, on {@code /health/*}
 * @param principals by tenant and principal
 * @param record hears of every request that was over
 */
public record RateLimits(
    RateLimiter addresses, RateLimiter health, RateLimiter principals, OverLimit record) {
  /** Tokens that a credential which is not valid costs its address. */
  public static final long FAILURE_COST = 10;

  private static final int PREFIX_BYTES = 8;

  /** Which bucket was empty. */
  public enum Tier {
    ADDRESS,
    HEALTH,
    PRINCIPAL
  }

  /** Hears who was over a limit. Must not block. */
  @FunctionalInterface
  public interface OverLimit {
    void refused(Tier tier, String key, RateLimit limit);
  }

  /** Those of one node. */
  public static RateLimits of(RateLimit principal, OverLimit record) {
    return new RateLimits(
        new LocalRateLimiter(principal.ofAddress()),
        new LocalRateLimiter(principal.ofAddress()),
        new LocalRateLimiter(principal),
        record);
  }

  /** Takes a token of an address; {@code health} when the route is one of health. */
  public RateLimiter.Verdict address(String peer, boolean health) {
    RateLimiter limiter = health ? this.health : addresses;
    String key = network(peer);
    RateLimiter.Verdict verdict = limiter.take(key);
    if (!verdict.allowed()) {
      record.refused(health ? Tier.HEALTH : Tier.ADDRESS, key, limiter.limit());
    }
    return verdict;
  }

  /** A credential from {@code peer} was not valid. */
  public void failed(String peer) {
    addresses.charge(network(peer), FAILURE_COST);
  }

  /** Takes a token of a principal. */
  public RateLimiter.Verdict principal(String key) {
    RateLimiter.Verdict verdict = principals.take(key);
    if (!verdict.allowed()) {
      record.refused(Tier.PRINCIPAL, key, principals.limit());
    }
    return verdict;
  }

  /** Whoever has one address of a /64 has all of them. */
  static String network(String peer) {
    if (peer.indexOf(':') < 0) {
      return peer;
    }
    try {
      // A literal: nothing is looked up.
      InetAddress address = InetAddress.ofLiteral(peer);
      if (!(address instanceof Inet6Address)) {
        return address.getHostAddress();
      }
      byte[] bytes = address.getAddress();
      java.util.Arrays.fill(bytes, PREFIX_BYTES, bytes.length, (byte) 0);
      return InetAddress.getByAddress(bytes).getHostAddress() + "/64";
    } catch (UnknownHostException | IllegalArgumentException e) {
      return peer;
    }
  }
}
