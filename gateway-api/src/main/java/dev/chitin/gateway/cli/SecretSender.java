package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Sends a secret to the running gateway over its administration socket, from secret memory to the
 * kernel without a copy in between: one HTTP/1.1 request on a connection of its own.
 */
final class SecretSender {
  private static final int MOST_ANSWER = 1 << 20;

  private SecretSender() {}

  /**
   * Sends {@code secret}, and gives the gateway's answer.
   *
   * @param method {@code PUT} or {@code POST}
   * @param path of the request, plain
   * @throws dev.chitin.bus.ChitinException what the gateway refused it with, or {@code
   *     gateway.overloaded} when it gave no answer
   */
  static JsonValue.Obj send(Path socket, String method, String path, SecretBytes secret) {
    try {
      return exchange(socket, method, path, secret).orThrow();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "The gateway did not take the secret.")
          .withHint("Look at its log, and try again.")
          .toException(e);
    }
  }

  private static AdminClient.Answer exchange(
      Path socket, String method, String path, SecretBytes secret) throws IOException {
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
            + "content-type: application/octet-stream\r\ncontent-length: "
            + secret.length()
            + "\r\n\r\n";
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      write(channel, ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
      write(channel, secret.segment(SecretAccess.granted()).asByteBuffer());
      return answer(channel);
    }
  }

  private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static AdminClient.Answer answer(SocketChannel channel) throws IOException {
    var all = new ByteArrayOutputStream();
    ByteBuffer piece = ByteBuffer.allocate(8_192);
    while (channel.read(piece) >= 0 && all.size() < MOST_ANSWER) {
      all.write(piece.array(), 0, piece.position());
      piece.clear();
    }
    String text = all.toString(StandardCharsets.UTF_8);
    int body = text.indexOf("\r\n\r\n");
    if (!text.startsWith("HTTP/1.1 ") || body < 0) {
      throw new IOException("the gateway did not answer");
    }
    try {
      if (StrictJson.parse(text.substring(body + 4).strip().getBytes(StandardCharsets.UTF_8))
          instanceof JsonValue.Obj document) {
        return new AdminClient.Answer(Integer.parseInt(text.substring(9, 12)), document);
      }
    } catch (JsonSyntaxException | NumberFormatException e) {
      throw new IOException("the gateway answered with something that cannot be read", e);
    }
    throw new IOException("the gateway answered with something else than an object");
  }
}
