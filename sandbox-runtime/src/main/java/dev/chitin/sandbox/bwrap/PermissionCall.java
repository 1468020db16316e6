package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Architecture;

/**
 * System calls that give a file its permission bits. With set-user-ID or set-group-ID among them a
 * tool would leave a program in its workspace that runs, outside, as the gateway's user whoever
 * starts it.
 */
enum PermissionCall {
  OPEN(2, DeniedCall.NONE, 2, 1),
  OPENAT(257, 56, 3, 2),
  CREAT(85, DeniedCall.NONE, 1, PermissionCall.ALWAYS),
  MKNOD(133, DeniedCall.NONE, 1, PermissionCall.ALWAYS),
  MKNODAT(259, 33, 2, PermissionCall.ALWAYS),
  CHMOD(90, DeniedCall.NONE, 1, PermissionCall.ALWAYS),
  FCHMOD(91, 52, 1, PermissionCall.ALWAYS),
  FCHMODAT(268, 53, 2, PermissionCall.ALWAYS),
  FCHMODAT2(452, 452, 2, PermissionCall.ALWAYS);

  /** There are no flags that decide whether the bits count. */
  static final int ALWAYS = -1;

  private final int x86;
  private final int arm;
  private final int mode;
  private final int flags;

  PermissionCall(int x86, int arm, int mode, int flags) {
    this.x86 = x86;
    this.arm = arm;
    this.mode = mode;
    this.flags = flags;
  }

  int number(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> x86;
      case AARCH64 -> arm;
    };
  }

  /** Which argument holds the bits, counted from 0. */
  int mode() {
    return mode;
  }

  /** Which argument says whether a file is made at all, or {@link #ALWAYS}. */
  int flags() {
    return flags;
  }
}
