package dev.chitin.sandbox.nativeos;

/**
 * The system calls that are made here, with their numbers on the two architectures that are
 * supported (Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).
 */
enum Syscall {
  READ(0, 63),
  WRITE(1, 64),
  CLOSE(3, 57),
  PREAD64(17, 67),
  PWRITE64(18, 68),
  FCNTL(72, 25),
  FSYNC(74, 82),
  GETEUID(107, 175),
  GETEGID(108, 177),
  PRCTL(157, 167),
  GETDENTS64(217, 61),
  EPOLL_CTL(233, 21),
  WAITID(247, 95),
  MKDIRAT(258, 34),
  UNLINKAT(263, 35),
  READLINKAT(267, 78),
  PPOLL(271, 73),
  EPOLL_PWAIT(281, 22),
  EVENTFD2(290, 19),
  EPOLL_CREATE1(291, 20),
  PIPE2(293, 59),
  PRLIMIT64(302, 261),
  RENAMEAT2(316, 276),
  MEMFD_CREATE(319, 279),
  STATX(332, 291),
  PIDFD_SEND_SIGNAL(424, 424),
  PIDFD_OPEN(434, 434),
  OPENAT2(437, 437);

  private final long number;

  Syscall(int x86, int arm) {
    // Nothing is called on another machine: NativeAccess refuses it first.
    number = Architecture.here().orElse(Architecture.X86_64) == Architecture.AARCH64 ? arm : x86;
  }

  /** The number on this machine. */
  long number() {
    return number;
  }
}
