package dev.chitin.it;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection on which a test writes what frames it likes (RFC 9113), with the simplest
 * header blocks there are (RFC 7541: literals without indexing, nothing compressed).
 */
final class Http2Wire implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final int ENHANCE_YOUR_CALM = 11;

  private final SSLSocket socket;
  private final DataInputStream in;

  /**
   * A frame.
   *
   * @param stream 0 for the connection
   */
  @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
  record Frame(int type, int flags, int stream, byte[] payload) {
    /** The code of a GOAWAY. */
    int errorCode() {
      return ByteBuffer.wrap(payload).getInt(4);
    }
  }

  private Http2Wire(SSLSocket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
  }

  static Http2Wire open(URI gateway, SSLContext trusting) throws IOException {
    Http2Wire wire = silent(gateway, trusting);
    wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    wire.send(SETTINGS, 0, 0, new byte[0]);
    return wire;
  }

  /** A connection for HTTP/2 on which nothing was said yet. */
  static Http2Wire silent(URI gateway, SSLContext trusting) throws IOException {
    var socket =
        (SSLSocket) trusting.getSocketFactory().createSocket("localhost", gateway.getPort());
    socket.setSoTimeout(30_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    if (!"h2".equals(socket.getApplicationProtocol())) {
      throw new IOException("no HTTP/2");
    }
    return new Http2Wire(socket);
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    send(frame(type, flags, stream, payload));
  }

  void send(byte[] frames) throws IOException {
    socket.getOutputStream().write(frames);
  }

  /** A header block; names and values of less than 127 bytes. */
  static byte[] block(List<String> namesAndValues) {
    var block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      block.write(0);
      for (String text : namesAndValues.subList(i, i + 2)) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        block.write(bytes.length);
        block.writeBytes(bytes);
      }
    }
    return block.toByteArray();
  }

  /** The next frame; null when the gateway has closed. */
  @Nullable Frame read() throws IOException {
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      return new Frame(type, flags, stream, in.readNBytes(length));
    } catch (EOFException | SocketException | SSLException closed) {
      return null;
    }
  }

  /** The next frame of that type, whatever comes before; null when the gateway has closed. */
  @Nullable Frame read(int type) throws IOException {
    Frame frame = read();
    while (frame != null && frame.type() != type) {
      frame = read();
    }
    return frame;
  }

  /** The body of the answer on that stream; empty when there is none. */
  String body(int stream) throws IOException {
    var body = new ByteArrayOutputStream();
    for (Frame frame = read(); frame != null; frame = read()) {
      if (frame.stream() == stream) {
        if (frame.type() == DATA) {
          body.writeBytes(frame.payload());
        }
        if (frame.type() == RST_STREAM || (frame.flags() & END_STREAM) != 0) {
          break;
        }
      }
    }
    return body.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
