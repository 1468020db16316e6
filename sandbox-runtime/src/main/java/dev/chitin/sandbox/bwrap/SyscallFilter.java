package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Architecture;

/**
 * The system call filter of every tool (seccomp(2), filter mode). Another machine's calls kill;
 * calls that reach beyond the tool fail with EPERM, so that ordinary programs probe and go on;
 * calls newer than this table do not exist (ENOSYS).
 *
 * <p>Arguments are compared by their low word only: the kernel takes these as 32-bit values, and a
 * rule that also asked for a zero high word would be passed by setting it.
 */
final class SyscallFilter {
  static final int ALLOW = 0x7fff0000;
  static final int KILL = 0x80000000;
  private static final int ERRNO = 0x00050000;
  static final int EPERM = ERRNO | 1;
  static final int ENOSYS = ERRNO | 38;
  static final int EAFNOSUPPORT = ERRNO | 97;

  private static final int NUMBER = 0;
  private static final int ARCH = 4;
  private static final int ARGUMENT_0 = 16;
  private static final int ARGUMENT_1 = 24;
  private static final int ARGUMENT_BYTES = 8;
  private static final int X32 = 0x40000000;

  /** S_ISUID and S_ISGID. */
  private static final int SET_ID = 06000;

  /** O_CREAT and what O_TMPFILE has of its own. */
  private static final int MAKES_FILE = 0100 | 020000000;

  /** Its arguments lie behind a pointer, which a filter cannot follow; programs use openat then. */
  private static final int OPENAT2 = 437;

  /** removexattrat, the last call that was looked at. */
  static final int LAST_KNOWN = 466;

  /** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; the low byte of clone's flags is a signal. */
  private static final int NEW_NAMESPACES = 0x7e020000;

  private static final int CLONE3 = 435;
  private static final int SECCOMP_NEW_LISTENER = 1 << 3;
  private static final int TIOCSTI = 0x5412;
  private static final int TIOCLINUX = 0x541c;
  private static final int TIOCSETD = 0x5423;
  private static final int AF_UNIX = 1;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_TYPE = 0xf;

  private SyscallFilter() {}

  /** Numbers of calls whose arguments decide. */
  record Numbers(
      int audit, int fork, int ioctl, int socket, int socketpair, int personality, int seccomp) {
    static Numbers of(Architecture architecture) {
      return switch (architecture) {
        case X86_64 -> new Numbers(0xc000003e, 56, 16, 41, 53, 135, 317);
        case AARCH64 -> new Numbers(0xc00000b7, 220, 29, 198, 199, 92, 277);
      };
    }
  }

  /** The filter for a sandbox without any network: of all socket families AF_UNIX alone is left. */
  static byte[] withoutNetwork(Architecture architecture) {
    Numbers numbers = Numbers.of(architecture);
    var filter = new BpfAssembler();
    filter.load(ARCH).ifEqual(numbers.audit(), "native").give(KILL).label("native").load(NUMBER);
    if (architecture == Architecture.X86_64) {
      filter.ifAtLeast(X32, "kill");
    }
    filter
        .ifAtLeast(LAST_KNOWN + 1, "no such call")
        .ifEqual(CLONE3, "no such call")
        .ifEqual(OPENAT2, "no such call");
    filter
        .ifEqual(numbers.fork(), "clone")
        .ifEqual(numbers.ioctl(), "ioctl")
        .ifEqual(numbers.socket(), "socket")
        .ifEqual(numbers.socketpair(), "family")
        .ifEqual(numbers.personality(), "personality")
        .ifEqual(numbers.seccomp(), "seccomp");
    for (DeniedCall call : DeniedCall.values()) {
      if (call.number(architecture) != DeniedCall.NONE) {
        filter.ifEqual(call.number(architecture), "deny");
      }
    }
    for (PermissionCall call : PermissionCall.values()) {
      if (call.number(architecture) != DeniedCall.NONE) {
        filter.ifEqual(call.number(architecture), place(call));
      }
    }
    filter.give(ALLOW);
    permissions(filter);
    return filter
        .label("clone")
        .load(ARGUMENT_0)
        .ifAnySet(NEW_NAMESPACES, "deny")
        .give(ALLOW)
        .label("ioctl")
        .load(ARGUMENT_1)
        .ifEqual(TIOCSTI, "deny")
        .ifEqual(TIOCLINUX, "deny")
        .ifEqual(TIOCSETD, "deny")
        .give(ALLOW)
        .label("personality")
        .load(ARGUMENT_0)
        .ifEqual(0, "allow")
        .ifEqual(0xffffffff, "allow")
        .give(EPERM)
        .label("seccomp")
        .load(ARGUMENT_1)
        .ifAnySet(SECCOMP_NEW_LISTENER, "deny")
        .give(ALLOW)
        .label("socket")
        .load(ARGUMENT_1)
        .and(SOCK_TYPE)
        .ifEqual(SOCK_RAW, "deny")
        .label("family")
        .load(ARGUMENT_0)
        .ifEqual(AF_UNIX, "allow")
        .give(EAFNOSUPPORT)
        .label("allow")
        .give(ALLOW)
        .label("deny")
        .give(EPERM)
        .label("no such call")
        .give(ENOSYS)
        .label("kill")
        .give(KILL)
        .assemble();
  }

  private static String place(PermissionCall call) {
    return call.flags() == PermissionCall.ALWAYS ? mode(call.mode()) : "flags of " + call;
  }

  private static String mode(int argument) {
    return "mode in " + argument;
  }

  /** Permission bits are looked at where a file is made or changed. */
  private static void permissions(BpfAssembler filter) {
    for (PermissionCall call : PermissionCall.values()) {
      if (call.flags() != PermissionCall.ALWAYS) {
        filter
            .label("flags of " + call)
            .load(ARGUMENT_0 + call.flags() * ARGUMENT_BYTES)
            .ifAnySet(MAKES_FILE, mode(call.mode()))
            .give(ALLOW);
      }
    }
    for (int argument = 1; argument <= 3; argument++) {
      filter
          .label(mode(argument))
          .load(ARGUMENT_0 + argument * ARGUMENT_BYTES)
          .ifAnySet(SET_ID, "deny")
          .give(ALLOW);
    }
  }
}
