package dev.chitin.it;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One HTTP/1.1 connection on which a test writes what bytes it likes, and which reads the answers
 * as strictly as RFC 9112 has them: what is not well formed is a {@link ProtocolException}.
 */
final class HttpWire implements AutoCloseable {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2}) [ -~]*");
  private static final Pattern FIELD =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*([ -~\\t]*)");
  private static final int MOST_LINE = 16 * 1024;
  private static final int MOST_BODY = 16 << 20;

  private final Socket socket;
  private final InputStream in;

  /**
   * An answer.
   *
   * @param fields by lower-case name; several of one name are joined by commas
   */
  @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
  record Answer(int status, Map<String, String> fields, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    String field(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  HttpWire(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 32 * 1024);
    socket.setSoTimeout(30_000);
    socket.setTcpNoDelay(true);
  }

  static HttpWire open(URI gateway) throws IOException {
    return new HttpWire(new Socket(gateway.getHost(), gateway.getPort()));
  }

  /** From one of the many addresses that loopback has. */
  static HttpWire open(URI gateway, String from) throws IOException {
    var socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(new InetSocketAddress(gateway.getHost(), gateway.getPort()));
    return new HttpWire(socket);
  }

  void timeout(int millis) throws IOException {
    socket.setSoTimeout(millis);
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Says that nothing more will come. */
  void finish() throws IOException {
    socket.shutdownOutput();
  }

  /** The next final answer, or none when the gateway closed before its first byte. */
  Optional<Answer> read(boolean toHead) throws IOException {
    while (true) {
      String line = line();
      if (line == null) {
        return Optional.empty();
      }
      Matcher matcher = STATUS.matcher(line);
      if (!matcher.matches()) {
        throw new ProtocolException("no status line: " + line);
      }
      int status = Integer.parseInt(matcher.group(1));
      Map<String, String> fields = fields();
      if (status >= 200) {
        boolean none = toHead || status == 204 || status == 304;
        return Optional.of(new Answer(status, fields, none ? new byte[0] : body(fields)));
      }
    }
  }

  Answer answer() throws IOException {
    return read(false).orElseThrow(() -> new ProtocolException("closed without an answer"));
  }

  private Map<String, String> fields() throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (String line = needed(); !line.isEmpty(); line = needed()) {
      Matcher matcher = FIELD.matcher(line);
      if (!matcher.matches()) {
        throw new ProtocolException("no field: " + line);
      }
      fields.merge(
          matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2), (a, b) -> a + ", " + b);
    }
    return fields;
  }

  private byte[] body(Map<String, String> fields) throws IOException {
    String length = fields.get("content-length");
    if ("chunked".equals(fields.get("transfer-encoding"))) {
      if (length != null) {
        throw new ProtocolException("both lengths");
      }
      return chunks();
    }
    if (length == null) {
      if (!"close".equals(fields.get("connection"))) {
        throw new ProtocolException("no length: " + fields);
      }
      return in.readAllBytes();
    }
    if (!length.matches("[0-9]{1,8}")) {
      throw new ProtocolException("length: " + length);
    }
    return exactly(Integer.parseInt(length));
  }

  private byte[] chunks() throws IOException {
    var body = new ByteArrayOutputStream();
    while (true) {
      String size = needed();
      if (!size.matches("[0-9a-fA-F]{1,7}") || body.size() > MOST_BODY) {
        throw new ProtocolException("chunk: " + size);
      }
      int length = Integer.parseInt(size, 16);
      body.writeBytes(exactly(length));
      if (!needed().isEmpty()) {
        throw new ProtocolException("a chunk that is longer than it says");
      }
      if (length == 0) {
        return body.toByteArray();
      }
    }
  }

  private byte[] exactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new CutOff();
    }
    return bytes;
  }

  /** An answer ended before its end. */
  static final class CutOff extends ProtocolException {
    private static final long serialVersionUID = 1;

    CutOff() {
      super("the answer was cut off");
    }
  }

  private String needed() throws IOException {
    String line = line();
    if (line == null) {
      throw new CutOff();
    }
    return line;
  }

  /** A line without its CRLF; null at the end. */
  private @org.jspecify.annotations.Nullable String line() throws IOException {
    var line = new ByteArrayOutputStream(128);
    while (true) {
      int next = in.read();
      if (next < 0) {
        if (line.size() > 0) {
          throw new CutOff();
        }
        return null;
      }
      if (next == '\r') {
        int feed = in.read();
        if (feed != '\n') {
          throw feed < 0 ? new CutOff() : new ProtocolException("CR without LF");
        }
        return line.toString(StandardCharsets.ISO_8859_1);
      }
      if (next == '\n' || line.size() > MOST_LINE) {
        throw new ProtocolException("LF without CR, or a line without end");
      }
      line.write(next);
    }
  }

  /** Everything until the gateway closes or says nothing for that long. */
  String untilQuiet(int millis) throws IOException {
    socket.setSoTimeout(millis);
    var all = new ByteArrayOutputStream();
    byte[] piece = new byte[8_192];
    try {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        all.write(piece, 0, read);
      }
    } catch (SocketTimeoutException quiet) {
      return all.toString(StandardCharsets.ISO_8859_1);
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /** Everything until the gateway closes, as it comes. */
  byte[] rest() throws IOException {
    return in.readAllBytes();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
