package dev.chitin.audit.alert;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file in which habits, and how far the log was looked at, survive a restart. It is derived:
 * one that is missing or damaged means that habits are learned anew, and is never an error. Format:
 * magic, version u32, the log's origin, position u64, the engine's state, CRC32C of all before.
 */
final class AlertState {
  private static final Logger LOG = LoggerFactory.getLogger(AlertState.class);
  private static final int MAGIC = 0x43414C54;
  private static final int VERSION = 2;
  private static final int MOST_BYTES = 16 << 20;

  private final Path file;
  private final String origin;

  AlertState(Path file, String origin) {
    this.file = file;
    this.origin = origin;
  }

  /** Fills {@code engine}; gives the first entry that was not looked at. */
  OptionalLong load(AlertEngine engine) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new IOException("it is too long");
      }
      byte[] all = Files.readAllBytes(file);
      int length = all.length - Integer.BYTES;
      if (length < 0 || checksum(all, length) != ByteBuffer.wrap(all, length, 4).getInt()) {
        throw new IOException("its checksum is wrong");
      }
      var in = new DataInputStream(new ByteArrayInputStream(all, 0, length));
      if (in.readInt() != MAGIC || in.readInt() != VERSION || !in.readUTF().equals(origin)) {
        throw new IOException("it is of another version or log");
      }
      long position = in.readLong();
      engine.read(in);
      return OptionalLong.of(position);
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      LOG.warn("{} is not readable ({}): habits are learned anew", file, e.getMessage());
      return OptionalLong.empty();
    }
  }

  /** Replaces the file by the state of {@code engine} after all entries below {@code position}. */
  void store(AlertEngine engine, long position) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    out.writeUTF(origin);
    out.writeLong(position);
    engine.write(out);
    out.writeInt(checksum(bytes.toByteArray(), bytes.size()));
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, bytes.toByteArray());
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static int checksum(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(Arrays.copyOf(bytes, length));
    return (int) crc.getValue();
  }
}
