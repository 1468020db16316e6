package dev.chitin.it.attack;

import java.util.Map;
import java.util.TreeMap;

/**
 * Numbers of system calls that probes make, written down apart from the product's own table so that
 * a mistake there does not hide itself.
 */
final class SystemCalls {
  /** Name, x86-64, aarch64. */
  private static final String TABLE =
      """
      acct 163 89
      add_key 248 217
      bpf 321 280
      chroot 161 51
      clock_settime 227 112
      clone 56 220
      clone3 435 435
      delete_module 176 106
      exit_group 231 94
      fanotify_init 300 262
      finit_module 313 273
      fsconfig 431 431
      fsmount 432 432
      fsopen 430 430
      init_module 175 105
      io_uring_enter 426 426
      io_uring_register 427 427
      io_uring_setup 425 425
      ioctl 16 29
      kcmp 312 272
      kexec_file_load 320 294
      kexec_load 246 104
      keyctl 250 219
      memfd_secret 447 447
      mknodat 259 33
      mount 165 40
      mount_setattr 442 442
      mq_open 240 180
      move_mount 429 429
      name_to_handle_at 303 264
      open_by_handle_at 304 265
      open_tree 428 428
      perf_event_open 298 241
      personality 135 92
      pidfd_getfd 438 438
      pidfd_open 434 434
      pivot_root 155 41
      process_madvise 440 440
      process_vm_readv 310 270
      process_vm_writev 311 271
      ptrace 101 117
      reboot 169 142
      request_key 249 218
      sethostname 170 161
      setns 308 268
      setsid 112 157
      socket 41 198
      socketpair 53 199
      syslog 103 116
      umount2 166 39
      unshare 272 97
      userfaultfd 323 282
      """;

  private SystemCalls() {}

  static boolean isX86() {
    return System.getProperty("os.arch").equals("amd64");
  }

  /** Name → number on this machine. */
  static Map<String, Integer> numbers() {
    Map<String, Integer> numbers = new TreeMap<>();
    TABLE
        .lines()
        .map(line -> line.split(" ", -1))
        .forEach(part -> numbers.put(part[0], Integer.valueOf(part[isX86() ? 1 : 2])));
    return numbers;
  }
}
