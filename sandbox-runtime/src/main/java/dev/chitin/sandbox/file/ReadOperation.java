package dev.chitin.sandbox.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * {@code fs_read{path, offset?, limit?}}: at most {@value #MOST} bytes of a regular file from
 * {@code offset} on, as text if they are UTF-8 and in base64 if not.
 */
final class ReadOperation implements FileOperation {
  static final int MOST = 1 << 20;
  private static final int CHUNK = 65_536;

  @Override
  public JsonValue.Obj run(
      RootedFiles files, FileTarget target, JsonValue.Obj input, Progress progress)
      throws OperationFailed {
    var arguments = new Arguments(input);
    long offset = arguments.number("offset", 0, 0, JsonValue.Int.MAX);
    int limit = (int) arguments.number("limit", MOST, 1, MOST);
    try (Fd file = files.openRegular(files.relative())) {
      long size = RootedFiles.stat(file).size();
      byte[] bytes = read(file, offset, limit, progress);
      JsonValue.Builder output = JsonValue.object().put("path", target.requested());
      content(output, bytes);
      return output
          .put("size", size)
          .put("offset", offset)
          .put("bytes", bytes.length)
          .put("truncated", offset + bytes.length < size)
          .put("digest", Digest.of(bytes).toString())
          .build();
    }
  }

  static byte[] read(Fd file, long offset, int limit, Progress progress) throws OperationFailed {
    var out = new ByteArrayOutputStream(Math.min(limit, CHUNK));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(CHUNK);
      while (out.size() < limit) {
        progress.check();
        int ask = Math.min(CHUNK, limit - out.size());
        long n = Descriptors.pread(file, chunk.asSlice(0, ask), offset + out.size());
        if (n == 0) {
          break;
        }
        if (n < 0 && n != -Errno.EINTR) {
          throw RootedFiles.failed(new ErrnoException("pread64", (int) -n));
        }
        if (n > 0) {
          out.writeBytes(chunk.asSlice(0, n).toArray(JAVA_BYTE));
        }
      }
    }
    return out.toByteArray();
  }

  private static void content(JsonValue.Builder output, byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      output.put("content", text).put("encoding", "utf-8");
    } catch (CharacterCodingException e) {
      output.put("content", Base64.getEncoder().encodeToString(bytes)).put("encoding", "base64");
    }
  }
}
