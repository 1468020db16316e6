package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Architecture;

/**
 * System calls that no tool needs and that reach beyond it: other processes, the kernel's own code,
 * mounts, keys, clocks. Each says what an attacker gains by it. Numbers on x86-64 and aarch64;
 * {@code NONE} where there is no such call.
 */
enum DeniedCall {
  // Other processes.
  PTRACE(
      101,
      117,
      "Reads and steers another process of the sandbox, and changes calls after they were filtered."),
  PROCESS_VM_READV(310, 270, "Reads the memory of another process."),
  PROCESS_VM_WRITEV(311, 271, "Writes into the memory of another process."),
  PIDFD_GETFD(438, 438, "Takes an open descriptor out of another process."),
  PIDFD_OPEN(434, 434, "Opens the handle that the calls on other processes need."),
  PIDFD_SEND_SIGNAL(
      424, 424, "Signals through a handle, which may have come from another pid namespace."),
  PROCESS_MADVISE(440, 440, "Drops or moves another process's memory, which helps to win races."),
  KCMP(312, 272, "Tells how kernel objects lie in memory, which defeats address randomisation."),

  // Work that the kernel does later, past this filter.
  IO_URING_SETUP(425, 425, "Makes a ring whose requests no system call filter sees."),
  IO_URING_ENTER(426, 426, "Submits requests that no system call filter sees."),
  IO_URING_REGISTER(427, 427, "Prepares a ring that no system call filter sees."),

  // The kernel's own code and insides.
  BPF(321, 280, "Runs programs inside the kernel."),
  PERF_EVENT_OPEN(298, 241, "Watches other processes and the kernel, and has been a way into it."),
  USERFAULTFD(323, 282, "Stops the kernel in the middle of a copy, which makes races winnable."),
  INIT_MODULE(175, 105, "Loads code into the kernel."),
  FINIT_MODULE(313, 273, "Loads code into the kernel from a file."),
  DELETE_MODULE(176, 106, "Takes code out of the kernel, a protection maybe."),
  KEXEC_LOAD(246, 104, "Replaces the running kernel."),
  KEXEC_FILE_LOAD(320, 294, "Replaces the running kernel by one from a file."),
  LOOKUP_DCOOKIE(212, 18, "Turns a number into a path outside of the sandbox."),

  // What is seen where: undoing it undoes the sandbox.
  MOUNT(165, 40, "Brings other file systems into view, or takes a cover off what is hidden."),
  UMOUNT2(166, 39, "Takes a cover off what is hidden."),
  PIVOT_ROOT(155, 41, "Makes another directory the root."),
  CHROOT(161, 51, "Makes another directory the root, a classic way out of one."),
  OPEN_TREE(428, 428, "Copies a mount without the covers that lie over it."),
  MOVE_MOUNT(429, 429, "Moves a mount, a cover included, to another place."),
  FSOPEN(430, 430, "Starts making a file system, whose parsers run in the kernel."),
  FSCONFIG(431, 431, "Sets options of a new file system, where the kernel has had overflows."),
  FSMOUNT(432, 432, "Makes a mount of a new file system."),
  FSPICK(433, 433, "Reconfigures a file system that the host uses too."),
  MOUNT_SETATTR(442, 442, "Makes a read-only mount writable."),

  // Files past their paths.
  NAME_TO_HANDLE_AT(303, 264, "Makes handles of files, by which others can be guessed."),
  OPEN_BY_HANDLE_AT(304, 265, "Opens a file by its number, past every directory and mount."),

  // The kernel's key store, which is no namespace.
  ADD_KEY(248, 217, "Fills the kernel's key store, which no limit of the sandbox counts."),
  REQUEST_KEY(249, 218, "Makes the kernel start a program outside of the sandbox."),
  KEYCTL(250, 219, "Reads and changes keys of this user outside of the sandbox."),

  // The machine, its clocks and its hardware.
  REBOOT(169, 142, "Stops the machine."),
  SWAPON(167, 224, "Lets memory, secrets in it, be written to a file of the attacker's choice."),
  SWAPOFF(168, 225, "Takes memory away from the machine."),
  ACCT(163, 89, "Writes what every process does into a file."),
  QUOTACTL(179, 60, "Reads and changes what other users may store."),
  QUOTACTL_FD(443, 443, "Reads and changes what other users may store."),
  SYSLOG(103, 116, "Reads the kernel's messages, addresses in them."),
  SETTIMEOFDAY(164, 170, "Sets the clock by which certificates and deadlines are judged."),
  CLOCK_SETTIME(227, 112, "Sets a clock by which certificates and deadlines are judged."),
  CLOCK_ADJTIME(305, 266, "Bends a clock by which certificates and deadlines are judged."),
  ADJTIMEX(159, 171, "Bends the clock by which certificates and deadlines are judged."),
  SETHOSTNAME(170, 161, "Makes the machine appear as another one."),
  SETDOMAINNAME(171, 162, "Makes the machine appear as another one."),
  IOPL(172, DeniedCall.NONE, "Talks to the hardware directly."),
  IOPERM(173, DeniedCall.NONE, "Talks to the hardware directly."),
  MODIFY_LDT(
      154,
      DeniedCall.NONE,
      "Makes segments by which kernel code for old programs has been broken."),
  USELIB(134, DeniedCall.NONE, "Maps a library by ancient code that nothing needs."),
  VHANGUP(153, 58, "Hangs up a terminal that others use."),
  FANOTIFY_INIT(300, 262, "Watches, and may hold up, what others do with files."),
  NFSSERVCTL(180, 42, "Steers the kernel's file server."),

  // Where memory lies.
  MBIND(237, 235, "Places memory precisely, which attacks on its cells and caches need."),
  MIGRATE_PAGES(256, 238, "Moves the memory of other processes."),
  MOVE_PAGES(279, 239, "Moves memory of other processes and tells where it lies."),
  MEMFD_SECRET(447, 447, "Takes memory that the kernel cannot take back or count well."),

  // Further namespaces.
  UNSHARE(
      272, 97, "Makes namespaces in which this user is root and far more of the kernel is open."),
  SETNS(308, 268, "Enters the namespaces of others.");

  static final int NONE = -1;

  private final int x86;
  private final int arm;
  private final String gain;

  DeniedCall(int x86, int arm, String gain) {
    this.x86 = x86;
    this.arm = arm;
    this.gain = gain;
  }

  /** What an attacker would gain by the call, one sentence. */
  String gain() {
    return gain;
  }

  int number(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> x86;
      case AARCH64 -> arm;
    };
  }
}
