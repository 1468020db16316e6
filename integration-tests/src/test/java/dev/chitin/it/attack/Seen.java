package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run gave.
 *
 * @param status the outcome's name; on the naive line {@code exit N}, or {@code stopped}
 * @param notes of the outcome
 * @param stdout bytes
 * @param stderr bytes
 * @param truncated whether output was cut off
 * @param shown the answer as its reader sees it: a response body, or the bare output
 * @param fence what only the fence around the naive line stopped; empty on the gateway
 * @param host what it did to the host
 */
record Seen(
    String status,
    List<String> notes,
    Bytes stdout,
    Bytes stderr,
    boolean truncated,
    Bytes shown,
    List<String> fence,
    HostWatch.Change host) {

  String text() {
    return new String(stdout.borrow(), StandardCharsets.UTF_8);
  }

  String errors() {
    return new String(stderr.borrow(), StandardCharsets.UTF_8);
  }

  /** The lines {@code key=value} of the output. */
  Map<String, String> lines() {
    Map<String, String> lines = new HashMap<>();
    text()
        .lines()
        .filter(line -> line.contains("="))
        .forEach(
            line ->
                lines.put(
                    line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
    return lines;
  }
}
