package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.sandbox.nativeos.Architecture;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  @ParameterizedTest
  @EnumSource
  void everyCallOfTheTableIsDeniedAndNoOther(Architecture architecture) {
    Filter filter = Filter.of(architecture);
    Set<Integer> denied =
        Stream.of(DeniedCall.values())
            .map(call -> call.number(architecture))
            .collect(Collectors.toSet());
    SyscallFilter.Numbers numbers = filter.numbers();
    Set<Integer> byArgument =
        Set.of(
            numbers.fork(),
            numbers.ioctl(),
            numbers.socket(),
            numbers.socketpair(),
            numbers.personality(),
            numbers.seccomp(),
            435);
    for (int number = 0; number <= SyscallFilter.LAST_KNOWN; number++) {
      if (!byArgument.contains(number)) {
        assertThat(filter.decide(number, 0, 0, 0, 0, 0, 0))
            .as("call " + number)
            .isEqualTo(denied.contains(number) ? SyscallFilter.EPERM : SyscallFilter.ALLOW);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherMachinesCallsKill(Architecture architecture) {
    ByteBuffer filter = assembled(architecture);
    assertThat(decide(filter, 0x40000003, 1)).isEqualTo(SyscallFilter.KILL);
    Architecture other =
        architecture == Architecture.X86_64 ? Architecture.AARCH64 : Architecture.X86_64;
    assertThat(decide(filter, SyscallFilter.Numbers.of(other).audit(), 1))
        .isEqualTo(SyscallFilter.KILL);
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
