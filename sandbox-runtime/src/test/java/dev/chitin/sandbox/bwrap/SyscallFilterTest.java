package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chitin.sandbox.nativeos.Architecture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs the filter in an interpreter of classic BPF over system calls and their arguments. */
class SyscallFilterTest {
  private static final long HIGH = 0xdeadbeef_00000000L;

  /**
   * Runs {@code program} as the kernel would: struct seccomp_data is nr, arch, ip, six arguments.
   */
  private static int decide(ByteBuffer program, int arch, int number, long... arguments) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(number).putInt(arch).putLong(0);
    for (long argument : arguments) {
      data.putLong(argument);
    }
    int accumulator = 0;
    for (int at = 0; ; at++) {
      int code = program.getShort(at * 8);
      int jumpTrue = Byte.toUnsignedInt(program.get(at * 8 + 2));
      int jumpFalse = Byte.toUnsignedInt(program.get(at * 8 + 3));
      int k = program.getInt(at * 8 + 4);
      switch (code) {
        case 0x20 -> accumulator = data.getInt(k);
        case 0x54 -> accumulator &= k;
        case 0x15 -> at += accumulator == k ? jumpTrue : jumpFalse;
        case 0x35 -> at += Integer.compareUnsigned(accumulator, k) >= 0 ? jumpTrue : jumpFalse;
        case 0x45 -> at += (accumulator & k) != 0 ? jumpTrue : jumpFalse;
        case 0x06 -> {
          return k;
        }
        default -> throw new AssertionError("unknown instruction " + code);
      }
    }
  }

  private static ByteBuffer assembled(Architecture architecture) {
    return ByteBuffer.wrap(SyscallFilter.withoutNetwork(architecture))
        .order(ByteOrder.nativeOrder());
  }

  private record Filter(ByteBuffer program, SyscallFilter.Numbers numbers) {
    static Filter of(Architecture architecture) {
      return new Filter(assembled(architecture), SyscallFilter.Numbers.of(architecture));
    }

    int decide(int number, long... arguments) {
      return SyscallFilterTest.decide(program, numbers.audit(), number, arguments);
    }
  }

  /** Values that an argument of some call could hide behind, each with and without a high word. */
  private static final long[] INTERESTING = interesting();

  private static long[] interesting() {
    long[] low = {
      0,
      1,
      2,
      3,
      5,
      8,
      9,
      10,
      16,
      17,
      29,
      31,
      38,
      40,
      44,
      0x5401,
      0x5412,
      0x541c,
      0x5423,
      0x80003,
      0x80803,
      0x80801,
      0x40000,
      0x20000,
      0x3d0f00,
      0x1200011,
      0x2000011,
      0x4000011,
      0x8000011,
      0x10000011,
      0x20000011,
      0x40000011,
      0x80,
      0x7e020000,
      0xffffffffL
    };
    return LongStream.concat(LongStream.of(low), LongStream.of(low).map(value -> value | HIGH))
        .toArray();
  }

  /**
   * What the filter has to answer, written down apart from it: denied calls by name, in the groups
   * of the threat model, and the rules on arguments.
   */
  private static int expected(Architecture architecture, int number, long first, long second) {
    boolean x86 = architecture == Architecture.X86_64;
    if (x86 && Integer.compareUnsigned(number, 0x40000000) >= 0) {
      return SyscallFilter.KILL;
    }
    if (Integer.compareUnsigned(number, 466) > 0 || number == 435 || number == 437) {
      return SyscallFilter.ENOSYS;
    }
    int low = (int) first;
    int low2 = (int) second;
    if (number == (x86 ? 56 : 220)) {
      return (low & 0x7e020000) == 0 ? SyscallFilter.ALLOW : SyscallFilter.EPERM;
    }
    if (number == (x86 ? 16 : 29)) {
      return low2 == 0x5412 || low2 == 0x541c || low2 == 0x5423
          ? SyscallFilter.EPERM
          : SyscallFilter.ALLOW;
    }
    if (number == (x86 ? 41 : 198) && (low2 & 0xf) == 3) {
      return SyscallFilter.EPERM;
    }
    if (number == (x86 ? 41 : 198) || number == (x86 ? 53 : 199)) {
      return low == 1 ? SyscallFilter.ALLOW : SyscallFilter.EAFNOSUPPORT;
    }
    if (number == (x86 ? 135 : 92)) {
      return low == 0 || low == -1 ? SyscallFilter.ALLOW : SyscallFilter.EPERM;
    }
    if (number == (x86 ? 317 : 277)) {
      return (low2 & 8) == 0 ? SyscallFilter.ALLOW : SyscallFilter.EPERM;
    }
    if ((x86 ? Set.of(85, 133, 90, 91) : Set.of(52)).contains(number)) {
      return (low2 & 0xc00) == 0 ? SyscallFilter.ALLOW : SyscallFilter.EPERM;
    }
    return (x86 ? DENIED_X86 : DENIED_ARM).contains(number)
        ? SyscallFilter.EPERM
        : SyscallFilter.ALLOW;
  }

  private static final Set<Integer> DENIED_X86 =
      Set.of(
          101, 310, 311, 438, 434, 424, 440, 312, // tracing
          425, 426, 427, // asynchronous kernel
          321, 298, 323, 175, 313, 176, 246, 320, 212, // kernel code and tracing
          165, 166, 155, 161, 430, 431, 432, 433, 429, 428, 442, // mounts
          303, 304, 248, 249, 250, // handles, keys
          169, 167, 168, 163, 179, 443, 103, 164, 227, 305, 159, 170, 171, // system
          172, 173, 154, 134, 153, 300, 180, 237, 256, 279, 447, 272, 308); // namespaces

  private static final Set<Integer> DENIED_ARM =
      Set.of(
          117, 270, 271, 438, 434, 424, 440, 272, 425, 426, 427, 280, 241, 282, 105, 273, 106, 104,
          294, 18, 40, 39, 41, 51, 430, 431, 432, 433, 429, 428, 442, 264, 265, 217, 218, 219, 142,
          224, 225, 89, 60, 443, 116, 170, 112, 266, 171, 161, 162, 58, 262, 42, 235, 238, 239, 447,
          97, 268);

  @ParameterizedTest
  @EnumSource
  void everyCallWithEveryInterestingArgumentIsAnsweredAsWrittenDown(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    for (int number : numbers()) {
      for (long first : INTERESTING) {
        for (long second : INTERESTING) {
          int answer = filter.decide(number, first, second, 0, 0, 0, 0);
          if (answer != expected(architecture, number, first, second)) {
            throw new AssertionError(
                "call %d (%x, %x): %x instead of %x"
                    .formatted(
                        number,
                        first,
                        second,
                        answer,
                        expected(architecture, number, first, second)));
          }
        }
      }
    }
  }

  /** All numbers that there are and a hundred more, those of x32, and those with the top bit. */
  private static int[] numbers() {
    int[] plain = IntStream.rangeClosed(0, SyscallFilter.LAST_KNOWN + 100).toArray();
    return IntStream.concat(
            IntStream.of(plain),
            IntStream.of(
                0x3fffffff,
                0x40000000,
                0x40000000 | 101,
                0x40000000 | 520,
                0x40000000 | 547,
                0x7fffffff,
                0x80000000,
                0xc0000000,
                -1))
        .toArray();
  }

  @ParameterizedTest
  @EnumSource
  void anotherMachinesCallsKillWhateverTheirNumber(Architecture architecture) {
    ByteBuffer filter = assembled(architecture);
    int own = SyscallFilter.Numbers.of(architecture).audit();
    int[] others = {
      0x40000003, 0xc000003e, 0xc00000b7, 0x40000028, 0x3e, 0xb7, 0, -1, own ^ 0x40000000
    };
    for (int arch : others) {
      if (arch != own) {
        for (int number : numbers()) {
          if (decide(filter, arch, number, 0, 0, 0, 0, 0, 0) != SyscallFilter.KILL) {
            throw new AssertionError("call %d of machine %x".formatted(number, arch));
          }
        }
      }
    }
  }

  /** The kernel of the other architecture is not here to check its program. */
  @ParameterizedTest
  @EnumSource
  void theProgramIsOneThatTheKernelTakes(Architecture architecture) {
    ByteBuffer program = assembled(architecture);
    int length = program.limit() / BpfAssembler.BYTES_PER_INSTRUCTION;
    assertThat(length).isLessThanOrEqualTo(4096);
    assertThat(program.getShort((length - 1) * 8)).isEqualTo((short) BpfAssembler.RETURN);
    for (int at = 0; at < length; at++) {
      int jumpTrue = Byte.toUnsignedInt(program.get(at * 8 + 2));
      int jumpFalse = Byte.toUnsignedInt(program.get(at * 8 + 3));
      assertThat(at + 1 + Math.max(jumpTrue, jumpFalse))
          .as("jump at %d", at)
          .isLessThanOrEqualTo(length);
      if (program.getShort(at * 8) == BpfAssembler.LOAD_WORD) {
        assertThat(program.getInt(at * 8 + 4)).isBetween(0, 60).matches(k -> k % 4 == 0);
      }
    }
  }

  @Test
  void everyDeniedCallSaysWhatItWouldBeGoodFor() {
    for (DeniedCall call : DeniedCall.values()) {
      assertThat(call.gain()).as(call.name()).matches("[A-Z][^.]{15,}\\.");
    }
  }

  /** The table against the headers of the machine, where there are some. */
  @ParameterizedTest
  @EnumSource
  void theNumbersAreThoseOfTheHeaders(Architecture architecture) throws IOException {
    Path headers =
        switch (architecture) {
          case X86_64 -> Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
          case AARCH64 -> Path.of("/usr/include/asm-generic/unistd.h");
        };
    assumeTrue(Files.isReadable(headers), "no kernel headers here");
    Map<String, Integer> known = new HashMap<>();
    Matcher define =
        Pattern.compile("(?m)^#define __NR(?:3264)?_(\\w+)\\s+(\\d+)\\s*$")
            .matcher(Files.readString(headers));
    while (define.find()) {
      known.putIfAbsent(define.group(1), Integer.valueOf(define.group(2)));
    }
    for (DeniedCall call : DeniedCall.values()) {
      String name = call.name().toLowerCase(Locale.ROOT);
      assertThat(known.getOrDefault(name, DeniedCall.NONE))
          .as(name)
          .isEqualTo(call.number(architecture));
    }
    for (PermissionCall call : PermissionCall.values()) {
      String name = call.name().toLowerCase(Locale.ROOT);
      // The newest is not in every machine's headers.
      if (call != PermissionCall.FCHMODAT2 || known.containsKey(name)) {
        assertThat(known.getOrDefault(name, DeniedCall.NONE))
            .as(name)
            .isEqualTo(call.number(architecture));
      }
    }
    SyscallFilter.Numbers numbers = SyscallFilter.Numbers.of(architecture);
    assertThat(known)
        .containsEntry("clone", numbers.fork())
        .containsEntry("ioctl", numbers.ioctl())
        .containsEntry("socket", numbers.socket())
        .containsEntry("socketpair", numbers.socketpair())
        .containsEntry("personality", numbers.personality())
        .containsEntry("seccomp", numbers.seccomp());
  }

  @ParameterizedTest
  @EnumSource
  void callsNewerThanTheTableDoNotExist(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    assertThat(filter.decide(SyscallFilter.LAST_KNOWN + 1)).isEqualTo(SyscallFilter.ENOSYS);
    assertThat(filter.decide(435)).as("clone3").isEqualTo(SyscallFilter.ENOSYS);
    assertThat(filter.decide(0x40000001))
        .as("x32")
        .isEqualTo(architecture == Architecture.X86_64 ? SyscallFilter.KILL : SyscallFilter.ENOSYS);
  }

  @ParameterizedTest
  @EnumSource
  void cloneMakesThreadsAndNoNamespaces(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    int call = filter.numbers().fork();
    for (int flag :
        new int[] {
          0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
        }) {
      assertThat(filter.decide(call, flag | 17)).isEqualTo(SyscallFilter.EPERM);
      assertThat(filter.decide(call, flag | HIGH)).isEqualTo(SyscallFilter.EPERM);
    }
    assertThat(filter.decide(call, 0x3d0f00)).as("a thread").isEqualTo(SyscallFilter.ALLOW);
    assertThat(filter.decide(call, 0x1200011)).as("a fork").isEqualTo(SyscallFilter.ALLOW);
  }

  @ParameterizedTest
  @EnumSource
  void noFileIsMadeThatRunsAsItsOwner(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    for (PermissionCall call : PermissionCall.values()) {
      int number = call.number(architecture);
      if (number == DeniedCall.NONE) {
        continue;
      }
      long[] arguments = new long[6];
      for (int mode : new int[] {0644, 0755, 04755, 02755, 06777, 01777}) {
        for (int flags : new int[] {0, 1, 0100, 0101, 020200000 | 1}) {
          for (long high : new long[] {0, HIGH}) {
            arguments[call.mode()] = mode | high;
            if (call.flags() != PermissionCall.ALWAYS) {
              arguments[call.flags()] = flags | high;
            }
            boolean counts =
                call.flags() == PermissionCall.ALWAYS || (flags & (0100 | 020000000)) != 0;
            assertThat(filter.decide(number, arguments))
                .as("%s %o %o", call, flags, mode)
                .isEqualTo(
                    counts && (mode & 06000) != 0 ? SyscallFilter.EPERM : SyscallFilter.ALLOW);
          }
        }
      }
    }
    assertThat(filter.decide(437)).as("openat2").isEqualTo(SyscallFilter.ENOSYS);
  }

  @ParameterizedTest
  @EnumSource
  void terminalsTakeNoInputFromTools(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    int call = filter.numbers().ioctl();
    for (long request : new long[] {0x5412, 0x541c, 0x5423}) {
      assertThat(filter.decide(call, 0, request)).isEqualTo(SyscallFilter.EPERM);
      assertThat(filter.decide(call, 0, request | HIGH)).isEqualTo(SyscallFilter.EPERM);
    }
    assertThat(filter.decide(call, 0, 0x5401)).isEqualTo(SyscallFilter.ALLOW);
  }

  @ParameterizedTest
  @EnumSource
  void ofAllSocketFamiliesUnixAloneIsLeft(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    for (int call : new int[] {filter.numbers().socket(), filter.numbers().socketpair()}) {
      for (int family = 0; family < 64; family++) {
        int expected = family == 1 ? SyscallFilter.ALLOW : SyscallFilter.EAFNOSUPPORT;
        assertThat(filter.decide(call, family, 1)).isEqualTo(expected);
        assertThat(filter.decide(call, family | HIGH, 0x80001)).isEqualTo(expected);
      }
    }
    assertThat(filter.decide(filter.numbers().socket(), 2, 3 | 0x80800))
        .isEqualTo(SyscallFilter.EPERM);
  }

  @ParameterizedTest
  @EnumSource
  void theRestOfWhatArgumentsDecide(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    assertThat(filter.decide(filter.numbers().personality(), 0)).isEqualTo(SyscallFilter.ALLOW);
    assertThat(filter.decide(filter.numbers().personality(), 0xffffffffL))
        .isEqualTo(SyscallFilter.ALLOW);
    assertThat(filter.decide(filter.numbers().personality(), 0x0040000))
        .isEqualTo(SyscallFilter.EPERM);
    assertThat(filter.decide(filter.numbers().seccomp(), 1, 8)).isEqualTo(SyscallFilter.EPERM);
    assertThat(filter.decide(filter.numbers().seccomp(), 1, 0)).isEqualTo(SyscallFilter.ALLOW);
  }
}
