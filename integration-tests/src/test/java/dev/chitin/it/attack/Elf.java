package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The smallest executable of x86-64 (System V ABI, one PT_LOAD) around a piece of machine code. */
final class Elf {
  private static final long BASE = 0x400000;
  private static final int FILE_HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int READ_EXECUTE = 5;

  private Elf() {}

  static Bytes of(byte[] code) {
    int size = FILE_HEADER + PROGRAM_HEADER + code.length;
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    file.putShort((short) 2).putShort((short) 62).putInt(1);
    file.putLong(BASE + FILE_HEADER + PROGRAM_HEADER).putLong(FILE_HEADER).putLong(0);
    file.putInt(0).putShort((short) FILE_HEADER).putShort((short) PROGRAM_HEADER);
    file.putShort((short) 1).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    file.putInt(1).putInt(READ_EXECUTE).putLong(0).putLong(BASE).putLong(BASE);
    file.putLong(size).putLong(size).putLong(0x1000);
    return Bytes.adopt(file.put(code).array());
  }
}
