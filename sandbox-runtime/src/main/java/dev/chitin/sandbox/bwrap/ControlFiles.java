package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files and directories by which the kernel is told about control groups. */
interface ControlFiles {
  /** Makes a group; its control files appear by themselves. */
  void makeGroup(Path group) throws IOException;

  /** Removes a group; its control files go with it. */
  void removeGroup(Path group) throws IOException;

  /** The groups right below {@code parent} whose names begin with {@code prefix}. */
  List<Path> groups(Path parent, String prefix) throws IOException;

  boolean exists(Path file);

  boolean writable(Path file);

  String read(Path file) throws IOException;

  /** Writes to a file that is there; never makes one. */
  void write(Path file, String value) throws IOException;

  /** What most of these files fit in, bytes. */
  int MOST = 4_096;

  /** The running kernel's. */
  ControlFiles KERNEL =
      new ControlFiles() {
        @Override
        public void makeGroup(Path group) throws IOException {
          Files.createDirectory(group);
        }

        @Override
        public void removeGroup(Path group) throws IOException {
          Files.delete(group);
        }

        @Override
        public List<Path> groups(Path parent, String prefix) throws IOException {
          var found = new ArrayList<Path>();
          try (DirectoryStream<Path> groups = Files.newDirectoryStream(parent, prefix + "*")) {
            groups.forEach(found::add);
          }
          return found;
        }

        @Override
        public boolean exists(Path file) {
          return Files.exists(file);
        }

        @Override
        public boolean writable(Path file) {
          return Files.isWritable(file);
        }

        @Override
        public String read(Path file) throws IOException {
          // Each call reads and writes a dozen of these: straight, without a channel for each.
          try (Fd open = open(file, Open.O_RDONLY);
              Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(MOST);
            long length = Descriptors.read(open, buffer);
            if (length < 0) {
              throw new ErrnoException("read " + file, (int) -length);
            }
            if (length == MOST) {
              return Files.readString(file);
            }
            return new String(
                buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
          }
        }

        @Override
        public void write(Path file, String value) throws IOException {
          try (Fd open = open(file, Open.O_WRONLY);
              Arena arena = Arena.ofConfined()) {
            byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
            MemorySegment segment = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
            long written = Descriptors.write(open, segment);
            if (written < 0) {
              throw new ErrnoException("write " + file, (int) -written);
            }
          }
        }

        private static Fd open(Path file, int flags) throws IOException {
          try {
            return Open.openat2(Open.AT_FDCWD, file.toString(), flags, 0, 0);
          } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
              throw new NoSuchFileException(file.toString());
            }
            throw e;
          }
        }
      };
}
