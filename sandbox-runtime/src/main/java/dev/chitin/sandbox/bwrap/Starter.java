package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What runs in a warm sandbox until its call comes: a small program, given as a constant, that
 * reads one message and becomes the tool by execve(2), so that nothing of it stays. The message is
 * data throughout: a list of strings that each end in NUL, taken apart by position, never parsed as
 * code.
 *
 * <p>The message: executable, working directory, number of variables, each {@code NAME=value},
 * number of arguments, each from {@code argv[0]} on, and the word {@code end}. Unless it has its
 * end and exactly as many words as it says, nothing is executed: the gateway may die while it
 * writes, and an argument may be the word {@code end}. A message that is not whole, and an
 * executable that cannot be executed, are told by one byte on the failure pipe, which a success
 * closes.
 */
final class Starter {
  /**
   * perl-base is an essential package of Debian; where it is absent there are no warm sandboxes.
   */
  static final Path INTERPRETER = Path.of("/usr/bin/perl");

  /** Where the message comes from, in the sandbox. */
  static final int LAUNCH = 8;

  /** Where a failure is told. */
  static final int FAILURE = 9;

  private static final String PROGRAM =
      """
      open(my $launch, '<&=', 8) or exit 126;
      open(my $failure, '>&=', 9) or exit 126;
      binmode $launch;
      my $message = do { local $/; <$launch> };
      close $launch;
      exit 0 unless defined $message && $message ne '';
      my @words = split /\\0/, $message, -1;
      sub refuse { print STDERR "the message is not whole\n"; syswrite $failure, 'm'; exit 126; }
      refuse() unless @words > 5 && pop(@words) eq '' && pop(@words) eq 'end';
      my ($file, $cwd) = splice @words, 0, 2;
      sub counted {
        my $count = shift @words;
        refuse() unless defined $count && $count =~ /\\A[0-9]{1,7}\\z/ && $count <= @words;
        return splice @words, 0, $count;
      }
      my @environment = counted();
      my @argv = counted();
      refuse() if @words || !@argv || grep { !/\\A[^=]+=/ } @environment;
      %ENV = ();
      for (@environment) { my ($name, $value) = split /=/, $_, 2; $ENV{$name} = $value; }
      chdir $cwd and exec { $file } @argv;
      print STDERR "$file: $!\n";
      syswrite $failure, 'x';
      exit 126;
      """;

  private Starter() {}

  static boolean available() {
    return Files.isExecutable(INTERPRETER);
  }

  static List<String> command() {
    return List.of(INTERPRETER.toString(), "-e", PROGRAM);
  }

  /** The message that makes a starter become the tool of {@code call}. */
  static Bytes message(NativeCall call) {
    var words = new ByteArrayOutputStream(1024);
    word(words, call.process().executable());
    word(words, call.process().cwd());
    // bwrap sets PWD as well, so that a call cannot tell whether its sandbox was warm.
    Map<String, String> environment = new TreeMap<>(call.call().environment());
    environment.putIfAbsent("PWD", call.process().cwd());
    word(words, Integer.toString(environment.size()));
    environment.forEach((name, value) -> word(words, name + "=" + value));
    word(words, Integer.toString(call.process().argv().size()));
    call.process().argv().forEach(argument -> word(words, argument));
    word(words, "end");
    return Bytes.adopt(words.toByteArray());
  }

  private static void word(ByteArrayOutputStream words, String word) {
    if (word.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a word of the message holds NUL");
    }
    words.writeBytes(word.getBytes(StandardCharsets.UTF_8));
    words.write(0);
  }
}
