package dev.chitin.it;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes requests from a grammar of what the gateway takes, and spoils them; the same for the same
 * seed. Those of {@link #framed} end where they say, whatever they ask for, so that many of them
 * may follow each other; those of {@link #broken} may end anywhere.
 */
final class RequestFuzzer {
  private static final List<String> METHODS =
      List.of(
          "GET",
          "GET",
          "POST",
          "POST",
          "POST",
          "PUT",
          "DELETE",
          "OPTIONS",
          "HEAD",
          "PATCH",
          "TRACE",
          "BREW",
          "get",
          "M-SEARCH");
  private static final List<String> PATHS =
      List.of(
          "/v1/tools",
          "/v1/tools/*",
          "/v1/tools/*/calls",
          "/v1/tools/fs_list/calls",
          "/v1/tools/fs_list/calls",
          "/v1/tools/fs_read/calls",
          "/v1/tools/process_run/calls",
          "/v1/calls/*",
          "/v1/calls/*/events",
          "/v1/secrets",
          "/v1/secrets/*",
          "/v1/secrets/*/rotate",
          "/v1/sessions",
          "/v1/sessions/*",
          "/v1/approvals/*",
          "/v1/policy/explain",
          "/v1/audit/checkpoint",
          "/v1/audit/proof/*",
          "/v1/audit/tile/*/*",
          "/v1/messages",
          "/mcp",
          "/admin/keys",
          "/admin/vault/*",
          "/health/live",
          "/health/ready",
          "/metrics",
          "/openapi.json",
          "/ui",
          "/",
          "*");
  private static final List<String> SEGMENTS =
      List.of(
          "fs_list",
          "fs_read",
          "a",
          "",
          "..",
          ".",
          "%2e%2e",
          "%2F",
          "%00",
          "%",
          "%zz",
          "%c0%af",
          "%ED%A0%80",
          "a%20b",
          "0",
          "-1",
          "99999999999999999999",
          "00",
          "__proto__",
          "x001",
          "~",
          ";a=b",
          "{name}",
          "*",
          "call_00",
          "ck_",
          "%F0%9F%92%A9",
          "con",
          "a:b",
          "@",
          "[::1]");
  private static final List<String> QUERIES =
      List.of(
          "",
          "",
          "",
          "?",
          "?a=b",
          "?a=%zz",
          "?host=x&host=y",
          "?%00",
          "?name[]=1",
          "??",
          "?a=b&",
          "?expires=-1",
          "?token=x",
          "#fragment");
  private static final List<String> NAMES =
      List.of(
          "Accept",
          "Accept-Encoding",
          "Prefer",
          "Idempotency-Key",
          "Last-Event-ID",
          "Origin",
          "Chitin-Session",
          "Cookie",
          "X-Forwarded-For",
          "Forwarded",
          "Via",
          "TE",
          "Range",
          "If-None-Match",
          "X-Http-Method-Override",
          "Content-Encoding",
          "Upgrade",
          "X-Api-Key",
          "traceparent",
          "Access-Control-Request-Method",
          "Mcp-Session-Id",
          "Content-Type",
          "Referer",
          "x-a!#$%&'*+.^_`|~",
          "Host2");
  private static final List<String> VALUES =
      List.of(
          "",
          "*/*",
          "text/event-stream",
          "application/json",
          "respond-async",
          "respond-async;a=b",
          ",,,;;;=",
          "null",
          "http://127.0.0.1",
          "https://evil.example",
          "0",
          "-1",
          "9223372036854775808",
          "\u00e9\u00ff",
          "a\tb",
          "websocket",
          "gzip",
          "identity",
          "trailers",
          "bytes=0-",
          "\"unclosed",
          "x; y=\"z\\\"\"",
          "00-0-0-00",
          "GET",
          "ck_x",
          "a, b, c",
          "application/json; charset=utf-16",
          "multipart/form-data; boundary=x");
  private static final List<String> JSON =
      List.of(
          "{}",
          "[]",
          "null",
          "true",
          "\"\"",
          "0",
          "-0",
          "1e999",
          "1E400",
          "-1e-999",
          "0.1",
          "12345678901234567890",
          "1.7976931348623157e308",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"\\u0000\"",
          "\"\u00c0\u00af\"",
          "\"\\x\"",
          "NaN",
          "Infinity",
          "+1",
          "01",
          "'a'",
          "/**/1",
          "{\"a\":1,\"a\":2}",
          "{\"a\":1,\"\\u0061\":2}",
          "{\"__proto__\":{\"x\":1}}",
          "{\"a\":}",
          "[1,]",
          "\"\u00ef\u00bb\u00bf\"",
          "\"~/.ssh/id_rsa\"",
          "\".\"",
          "\"../..\"",
          "{\"path\":\".\"}",
          "{\"path\":\"a\\u0000b\"}",
          "{\"path\":\".\",\"depth\":1}");

  /** Broken framing that is worth more than chance would give it. */
  private static final List<String> FRAMES =
      List.of(
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
          "Content-Length: 5, 5\r\n\r\nhello",
          "Content-Length: -1\r\n\r\n",
          "Content-Length: +5\r\n\r\nhello",
          "Content-Length: 0x5\r\n\r\nhello",
          "Content-Length: 99999999999999999999\r\n\r\n",
          "Content-Length: 1073741824\r\n\r\nabc",
          "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n5;a=\"\r\nhello\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n0\r\nHost: evil\r\nContent-Length: 9\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n0\r\n bad trailer\r\n\r\n",
          "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
          "Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
          "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
          "Connection: keep-alive, close, Host\r\n\r\n",
          "X: a\r\n folded\r\n\r\n",
          "X : space\r\n\r\n",
          ": no name\r\n\r\n",
          "X\u0000Y: nul\r\n\r\n",
          "X: nul\u0000\r\n\r\n",
          "X: bare\rcr\r\n\r\n",
          "X: bare\nY: lf\n\n",
          "Host: other\r\n\r\n");

  private final Random random;
  private final String host;
  private final List<String> credentials;

  /**
   * A request that ends where it says.
   *
   * @param isHead whether its answer has no body
   */
  @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
  record Framed(byte[] bytes, boolean isHead) {}

  /**
   * @param host what the gateway answers to
   * @param credentials good ones, of several roles
   */
  RequestFuzzer(long seed, String host, List<String> credentials) {
    this.random = new Random(seed);
    this.host = host;
    this.credentials = List.copyOf(credentials);
  }

  Random random() {
    return random;
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private boolean once(int in) {
    return random.nextInt(in) == 0;
  }

  /** A request that ends where it says. */
  Framed framed() {
    String method = any(METHODS);
    var head = new StringBuilder(256);
    head.append(method).append(' ').append(target()).append(" HTTP/1.1\r\n");
    fields(head);
    if (!method.equals("HEAD") && !once(3)) {
      return new Framed(withBody(head, body()), false);
    }
    head.append("\r\n");
    return new Framed(bytes(head.toString()), method.equals("HEAD"));
  }

  private byte[] withBody(StringBuilder head, byte[] body) {
    var request = new ByteArrayOutputStream();
    if (!once(12)) {
      head.append("Content-Type: application/json\r\n");
    }
    if (once(6)) {
      request.writeBytes(bytes(head.append("Transfer-Encoding: chunked\r\n\r\n").toString()));
      for (int from = 0; from < body.length; ) {
        int length = Math.min(body.length - from, 1 + random.nextInt(64));
        String extension = once(4) ? ";a=b" : "";
        request.writeBytes(bytes(Integer.toHexString(length) + extension + "\r\n"));
        request.write(body, from, length);
        request.writeBytes(bytes("\r\n"));
        from += length;
      }
      request.writeBytes(bytes("0\r\n" + (once(4) ? "X-Trailer: t\r\n" : "") + "\r\n"));
    } else {
      request.writeBytes(
          bytes(head.append("Content-Length: ").append(body.length).append("\r\n\r\n").toString()));
      request.writeBytes(body);
    }
    return request.toByteArray();
  }

  private String target() {
    String path = any(PATHS);
    while (path.indexOf('*') > 0) {
      path = path.replaceFirst("\\*", java.util.regex.Matcher.quoteReplacement(segment()));
    }
    if (once(20)) {
      path = path.replace("/", "//");
    }
    if (once(40)) {
      path = "http://" + (once(2) ? host : "evil.example") + path;
    }
    return path + any(QUERIES);
  }

  /** Never a star, which stands for a segment. */
  private String segment() {
    String one = any(SEGMENTS).replace("*", "%2A");
    return once(30) ? one.repeat(1 + random.nextInt(40)) : one;
  }

  private void fields(StringBuilder head) {
    if (!once(25)) {
      head.append("Host: ").append(once(25) ? "evil.example" : host).append("\r\n");
    }
    if (once(60)) {
      head.append("Host: ").append(host).append("\r\n");
    }
    if (!once(5)) {
      head.append("Authorization: ").append(credential()).append("\r\n");
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      head.append(any(NAMES)).append(": ").append(any(VALUES)).append("\r\n");
    }
    if (once(100)) {
      head.append("X-Many: a\r\n".repeat(random.nextInt(300)));
    }
  }

  private String credential() {
    return switch (random.nextInt(12)) {
      case 0 -> "Bearer";
      case 1 -> "Basic dTpw";
      case 2 -> "Bearer ck_x";
      case 3 -> "Bearer ey.ey.ey";
      case 4 -> "Bearer " + spoiled(any(credentials));
      default -> "Bearer " + any(credentials);
    };
  }

  private String spoiled(String credential) {
    int at = random.nextInt(credential.length());
    return credential.substring(0, at) + (once(2) ? "A" : "") + credential.substring(at);
  }

  /** A body, mostly JSON. */
  byte[] body() {
    String text =
        switch (random.nextInt(8)) {
          case 0 -> any(JSON);
          case 1 -> "{\"arguments\":" + any(JSON) + ",\"timeoutMs\":" + any(JSON) + "}";
          case 2 -> nested();
          case 3 -> "{\"arguments\":{\"path\":" + any(JSON) + "}}";
          case 4 -> "{\"arguments\":{\"argv\":[" + any(JSON) + "]}}";
          default -> "{\"arguments\":" + any(JSON) + "}";
        };
    byte[] body = bytes(text);
    return once(3) ? mutated(body) : body;
  }

  private String nested() {
    int depth = 1 + random.nextInt(once(20) ? 2_000 : 80);
    String open = once(2) ? "[" : "{\"a\":";
    return "{\"arguments\":" + open.repeat(depth) + (once(2) ? "" : "1");
  }

  /** A request of which nobody knows where it ends. */
  byte[] broken() {
    if (once(3)) {
      var head = new StringBuilder();
      head.append(any(METHODS)).append(' ').append(target()).append(" HTTP/1.1\r\nHost: ");
      head.append(host).append("\r\nAuthorization: ").append(credential()).append("\r\n");
      return bytes(head + any(FRAMES));
    }
    return switch (random.nextInt(40)) {
      case 0 -> bytes("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n\r\n");
      case 1 -> bytes("GET / HTTP/1.1\r\nX: " + "a".repeat(40_000) + "\r\n\r\n");
      case 2 -> bytes("GET / HTTP/1.1\r\n" + "X: a\r\n".repeat(5_000) + "\r\n");
      case 3 -> bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000");
      case 4 -> bytes("GET /health/live\r\n\r\n");
      case 5 -> bytes("GET /health/live HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
      case 6 -> bytes("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003");
      case 7 -> bytes("CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      case 8 -> noise();
      default -> mutated(framed().bytes());
    };
  }

  private byte[] noise() {
    byte[] noise = new byte[1 + random.nextInt(600)];
    random.nextBytes(noise);
    return noise;
  }

  /**
   * The same with some bytes changed, cut out, put in or written twice, or with its end cut off.
   */
  byte[] mutated(byte[] original) {
    byte[] bytes = original;
    for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 1; i--) {
      int at = random.nextInt(bytes.length);
      int length = 1 + random.nextInt(Math.min(16, bytes.length - at));
      bytes =
          switch (random.nextInt(6)) {
            case 0 -> flipped(bytes, at);
            case 1 -> joined(bytes, at, new byte[0], at + length);
            case 2 -> joined(bytes, at, Arrays.copyOfRange(bytes, at, at + length), at);
            case 3 -> joined(bytes, at, bytes(any(VALUES)), at);
            case 4 -> Arrays.copyOf(bytes, at);
            default -> joined(bytes, at, new byte[] {any(SPECIAL)}, at + 1);
          };
    }
    return bytes;
  }

  private static final List<Byte> SPECIAL =
      List.of(
          (byte) 0,
          (byte) '\r',
          (byte) '\n',
          (byte) ' ',
          (byte) ':',
          (byte) '%',
          (byte) '"',
          (byte) '\\',
          (byte) 0x7f,
          (byte) 0x80,
          (byte) 0xc0,
          (byte) 0xff,
          (byte) ';',
          (byte) '/');

  private byte[] flipped(byte[] bytes, int at) {
    byte[] copy = bytes.clone();
    copy[at] ^= (byte) (1 << random.nextInt(8));
    return copy;
  }

  private static byte[] joined(byte[] bytes, int until, byte[] between, int from) {
    var joined = new ByteArrayOutputStream(bytes.length + between.length);
    joined.write(bytes, 0, until);
    joined.writeBytes(between);
    joined.write(bytes, from, bytes.length - from);
    return joined.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
