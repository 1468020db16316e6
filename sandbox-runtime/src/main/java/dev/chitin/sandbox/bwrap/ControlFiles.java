package dev.chitin.sandbox.bwrap;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
          return Files.readString(file);
        }

        @Override
        public void write(Path file, String value) throws IOException {
          Files.writeString(file, value, StandardOpenOption.WRITE);
        }
      };
}
