package dev.chitin.policy;

import java.util.List;

/**
 * The four capabilities of the security model, as patterns in their written form. An empty list
 * means nothing, never everything.
 *
 * @param fileRead {@code FileRead.paths}: a directory (its tree), {@code dir/*} (one level), {@code
 *     dir/**} (tree) or a file
 * @param fileWrite {@code FileWrite.paths}, likewise
 * @param networkAccess {@code NetworkAccess.hosts}: {@code host[:port]}, {@code *.suffix[:port]},
 *     {@code **.suffix[:port]}, an IP literal or CIDR; no port means 443
 * @param processExec {@code ProcessExec.commands}: absolute paths or bare names
 */
public record Capabilities(
    List<String> fileRead,
    List<String> fileWrite,
    List<String> networkAccess,
    List<String> processExec) {
  public static final Capabilities NONE =
      new Capabilities(List.of(), List.of(), List.of(), List.of());

  public Capabilities {
    fileRead = List.copyOf(fileRead);
    fileWrite = List.copyOf(fileWrite);
    networkAccess = List.copyOf(networkAccess);
    processExec = List.copyOf(processExec);
  }
}
