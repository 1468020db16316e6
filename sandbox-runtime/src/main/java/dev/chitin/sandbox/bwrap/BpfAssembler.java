package dev.chitin.sandbox.bwrap;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes classic BPF for seccomp(2), with labels in place of counted jumps. Jumps go forward only,
 * by at most 255 instructions, which {@link #assemble} checks. An instruction is {@code struct
 * sock_filter}: u16 code, u8 jt, u8 jf, u32 k, in native byte order.
 */
final class BpfAssembler {
  static final int LOAD_WORD = 0x20;
  static final int JUMP_EQUAL = 0x15;
  static final int JUMP_GREATER_OR_EQUAL = 0x35;
  static final int JUMP_ANY_SET = 0x45;
  static final int AND = 0x54;
  static final int RETURN = 0x06;
  static final int BYTES_PER_INSTRUCTION = 8;
  private static final int FARTHEST = 255;

  /** One instruction; a jump goes to {@code target} when its test holds, else on. */
  private record Instruction(int code, int k, @Nullable String target) {}

  private final List<Instruction> instructions = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();

  BpfAssembler load(int offset) {
    return add(LOAD_WORD, offset, null);
  }

  BpfAssembler and(int mask) {
    return add(AND, mask, null);
  }

  BpfAssembler ifEqual(int value, String target) {
    return add(JUMP_EQUAL, value, target);
  }

  /** Unsigned. */
  BpfAssembler ifAtLeast(int value, String target) {
    return add(JUMP_GREATER_OR_EQUAL, value, target);
  }

  BpfAssembler ifAnySet(int bits, String target) {
    return add(JUMP_ANY_SET, bits, target);
  }

  BpfAssembler give(int action) {
    return add(RETURN, action, null);
  }

  /** The next instruction is {@code name}. */
  BpfAssembler label(String name) {
    if (labels.put(name, instructions.size()) != null) {
      throw new IllegalStateException("label " + name + " stands twice");
    }
    return this;
  }

  private BpfAssembler add(int code, int k, @Nullable String target) {
    instructions.add(new Instruction(code, k, target));
    return this;
  }

  byte[] assemble() {
    ByteBuffer out =
        ByteBuffer.allocate(instructions.size() * BYTES_PER_INSTRUCTION)
            .order(ByteOrder.nativeOrder());
    for (int i = 0; i < instructions.size(); i++) {
      Instruction instruction = instructions.get(i);
      out.putShort((short) instruction.code());
      out.put((byte) distance(i, instruction)).put((byte) 0).putInt(instruction.k());
    }
    return out.array();
  }

  private int distance(int from, Instruction instruction) {
    if (instruction.target() == null) {
      return 0;
    }
    Integer to = labels.get(instruction.target());
    if (to == null || to <= from || to - from - 1 > FARTHEST) {
      throw new IllegalStateException("label " + instruction.target() + " is out of reach");
    }
    return to - from - 1;
  }
}
