package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.nativeos.Architecture;
import dev.chitin.sandbox.nativeos.Errno;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A handful of system calls made inside a real sandbox, of the kind that an ordinary user's process
 * is granted outside: only the filter can refuse them. All others are tried in {@link
 * SyscallFilterTest}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SystemCallTest {
  private static final int EAFNOSUPPORT = 97;
  private static final int SIGSYS = 31;

  private final Architecture architecture = Architecture.here().orElseThrow();
  private final SyscallFilter.Numbers numbers = SyscallFilter.Numbers.of(architecture);
  private RealSandbox sandbox;

  @BeforeAll
  void start(@TempDir Path shared) throws java.io.IOException {
    sandbox = new RealSandbox(shared.toRealPath().resolve("run"));
  }

  @AfterAll
  void stop() {
    sandbox.close();
  }

  private Outcome perl(String script) {
    return sandbox.run("/usr/bin/perl", "perl", "-e", "-r '/.chitin-sandbox' or exit 9; " + script);
  }

  private String call(DeniedCall call, String arguments) {
    return call.number(architecture) + arguments;
  }

  @Test
  void whatAnOrdinaryProcessMayCallIsRefusedByTheFilter() {
    Map<String, Integer> errors = new LinkedHashMap<>();
    errors.put(call(DeniedCall.PTRACE, ", 0, 0, 0, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.KCMP, ", $$, $$, 0, 0, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.PIDFD_OPEN, ", $$, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.UNSHARE, ", 0"), Errno.EPERM);
    errors.put(call(DeniedCall.SETNS, ", -1, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.IO_URING_SETUP, ", 1, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.MBIND, ", 0, 0, 0, 0, 0, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.NAME_TO_HANDLE_AT, ", -1, 0, 0, 0, 0"), Errno.EPERM);
    errors.put(call(DeniedCall.KEYCTL, ", 0, -4, 1"), Errno.EPERM);
    errors.put(call(DeniedCall.FSOPEN, ", 0, 0"), Errno.EPERM);
    errors.put(numbers.personality() + ", 0x40000", Errno.EPERM);
    errors.put(numbers.seccomp() + ", 1, 8, 0", Errno.EPERM);
    // TIOCSTI, plainly and with the high word set: without the filter it would be ENOTTY.
    errors.put(numbers.ioctl() + ", 0, 0x5412, 0", Errno.EPERM);
    errors.put(numbers.ioctl() + ", 0, 0x100005412, 0", Errno.EPERM);
    // AF_NETLINK, AF_INET, the latter raw.
    errors.put(numbers.socket() + ", 16, 3, 0", Errno.EPERM);
    errors.put(numbers.socket() + ", 16, 2, 0", EAFNOSUPPORT);
    errors.put(numbers.socket() + ", 2, 1, 0", EAFNOSUPPORT);
    errors.put("435, 0, 0", Errno.ENOSYS);
    errors.put(SyscallFilter.LAST_KNOWN + 1 + "", Errno.ENOSYS);
    var script = new StringBuilder();
    var expected = new StringBuilder();
    errors.forEach(
        (call, error) -> {
          script.append("$r = syscall(").append(call).append("); print $r, ' ', $!+0, qq(\\n);");
          expected.append("-1 ").append(error).append('\n');
        });
    assertThat(text(perl(script.toString()).stdout())).isEqualTo(expected.toString());
  }

  @Test
  void whatProgramsNeedIsLeft() {
    Outcome outcome =
        perl(
            "syscall("
                + numbers.socket()
                + ", 1, 1, 0) >= 0 or die; syscall("
                + numbers.personality()
                + ", 0xffffffff) >= 0 or die; print 'ok'; exit(fork() ? 0 : 1)");
    assertThat(text(outcome.stdout())).startsWith("ok");
    assertThat(outcome.status()).isEqualTo("exit 0");
  }

  @Test
  void callsOfTheX32KindKill() {
    assumeTrue(architecture == Architecture.X86_64, "there is no such kind here");
    assertThat(perl("syscall(0x40000000 | 39)").status()).isEqualTo("signal " + SIGSYS);
  }
}
