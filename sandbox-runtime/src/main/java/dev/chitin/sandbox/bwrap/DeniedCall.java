package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Architecture;

/**
 * System calls that no tool needs and that reach beyond it: other processes, the kernel's own code,
 * mounts, keys, clocks. Numbers on x86-64 and aarch64; {@code NONE} where there is no such call.
 */
enum DeniedCall {
  PTRACE(101, 117),
  PROCESS_VM_READV(310, 270),
  PROCESS_VM_WRITEV(311, 271),
  PIDFD_GETFD(438, 438),
  PIDFD_OPEN(434, 434),
  PIDFD_SEND_SIGNAL(424, 424),
  PROCESS_MADVISE(440, 440),
  KCMP(312, 272),
  IO_URING_SETUP(425, 425),
  IO_URING_ENTER(426, 426),
  IO_URING_REGISTER(427, 427),
  BPF(321, 280),
  PERF_EVENT_OPEN(298, 241),
  USERFAULTFD(323, 282),
  INIT_MODULE(175, 105),
  FINIT_MODULE(313, 273),
  DELETE_MODULE(176, 106),
  KEXEC_LOAD(246, 104),
  KEXEC_FILE_LOAD(320, 294),
  LOOKUP_DCOOKIE(212, 18),
  MOUNT(165, 40),
  UMOUNT2(166, 39),
  PIVOT_ROOT(155, 41),
  CHROOT(161, 51),
  OPEN_TREE(428, 428),
  MOVE_MOUNT(429, 429),
  FSOPEN(430, 430),
  FSCONFIG(431, 431),
  FSMOUNT(432, 432),
  FSPICK(433, 433),
  MOUNT_SETATTR(442, 442),
  NAME_TO_HANDLE_AT(303, 264),
  OPEN_BY_HANDLE_AT(304, 265),
  ADD_KEY(248, 217),
  REQUEST_KEY(249, 218),
  KEYCTL(250, 219),
  REBOOT(169, 142),
  SWAPON(167, 224),
  SWAPOFF(168, 225),
  ACCT(163, 89),
  QUOTACTL(179, 60),
  QUOTACTL_FD(443, 443),
  SYSLOG(103, 116),
  SETTIMEOFDAY(164, 170),
  CLOCK_SETTIME(227, 112),
  CLOCK_ADJTIME(305, 266),
  ADJTIMEX(159, 171),
  SETHOSTNAME(170, 161),
  SETDOMAINNAME(171, 162),
  IOPL(172, DeniedCall.NONE),
  IOPERM(173, DeniedCall.NONE),
  MODIFY_LDT(154, DeniedCall.NONE),
  USELIB(134, DeniedCall.NONE),
  VHANGUP(153, 58),
  FANOTIFY_INIT(300, 262),
  NFSSERVCTL(180, 42),
  MBIND(237, 235),
  MIGRATE_PAGES(256, 238),
  MOVE_PAGES(279, 239),
  MEMFD_SECRET(447, 447),
  UNSHARE(272, 97),
  SETNS(308, 268);

  static final int NONE = -1;

  private final int x86;
  private final int arm;

  DeniedCall(int x86, int arm) {
    this.x86 = x86;
    this.arm = arm;
  }

  int number(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> x86;
      case AARCH64 -> arm;
    };
  }
}
