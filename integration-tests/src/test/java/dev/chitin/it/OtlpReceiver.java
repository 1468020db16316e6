package dev.chitin.it;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A receiver of OTLP over HTTP on loopback: keeps every body, and reads the spans out of the
 * protobuf (opentelemetry-proto 1.x, {@code ExportTraceServiceRequest}).
 */
public final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  private final List<String> heads = new CopyOnWriteArrayList<>();

  public OtlpReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext(
        "/",
        exchange -> {
          heads.add(exchange.getRequestURI() + " " + exchange.getRequestHeaders().entrySet());
          bodies.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Everything that came, header fields too, as Latin-1. */
  public String everything() {
    var all = new StringBuilder();
    heads.forEach(all::append);
    bodies.forEach(body -> all.append(new String(body, StandardCharsets.ISO_8859_1)));
    return all.toString();
  }

  /**
   * One span.
   *
   * @param parent empty for a root
   * @param links the traces that it is linked to
   * @param text its whole encoding as Latin-1
   */
  public record Span(
      String trace, String id, String parent, String name, List<String> links, String text) {}

  public List<Span> spans() {
    List<Span> spans = new ArrayList<>();
    for (byte[] body : bodies) {
      for (byte[] resource : all(body, 1)) {
        for (byte[] scope : all(resource, 2)) {
          all(scope, 2).forEach(span -> spans.add(span(span)));
        }
      }
    }
    return spans;
  }

  private static Span span(byte[] span) {
    return new Span(
        hex(span, 1),
        hex(span, 2),
        hex(span, 4),
        new String(all(span, 5).getFirst(), StandardCharsets.UTF_8),
        all(span, 13).stream().map(link -> hex(link, 1)).toList(),
        new String(span, StandardCharsets.ISO_8859_1));
  }

  private static String hex(byte[] message, int field) {
    List<byte[]> all = all(message, field);
    return all.isEmpty() ? "" : HexFormat.of().formatHex(all.getFirst());
  }

  /** The length-delimited values of one field. */
  private static List<byte[]> all(byte[] message, int field) {
    List<byte[]> found = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch ((int) (tag & 7)) {
        case 0 -> varint(in);
        case 1 -> in.position(in.position() + 8);
        case 2 -> {
          byte[] value = new byte[(int) varint(in)];
          in.get(value);
          if (tag >>> 3 == field) {
            found.add(value);
          }
        }
        case 5 -> in.position(in.position() + 4);
        default -> throw new AssertionError("not protobuf");
      }
    }
    return found;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
