package dev.chitin.sandbox.bwrap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.sandbox.nativeos.ChildProcess;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Polling;
import dev.chitin.sandbox.nativeos.Spawner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * The starter's own program with the descriptors that it has in a warm sandbox: whatever is written
 * to it, it executes what a whole message says, exactly, or nothing.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class StarterTest {
  private static final long PATIENCE_MILLIS = 20_000;
  private static final String REFUSED = "m";
  private static final String NOT_EXECUTED = "x";
  private static final String PRINTF = "/usr/bin/printf";

  private final Spawner spawner = new Spawner();
  private Fd nothing = new Fd(-1);

  @BeforeAll
  void open() throws IOException {
    nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDWR, 0, 0);
  }

  @AfterAll
  void close() {
    nothing.close();
    spawner.close();
  }

  /**
   * What came of a starter that has ended. Bytes are ISO 8859-1 characters throughout.
   *
   * @param told what it wrote to the failure pipe
   */
  private record Ended(String out, String errors, String told) {}

  /** A starter, with this side's ends of its pipes. */
  private record Started(ChildProcess child, Fd launch, Fd out, Fd errors, Fd failure) {

    /** Also when it reads no more: there is nobody to write to then. */
    void write(byte[] message) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, message);
        long n = 1;
        for (long at = 0; at < message.length && n > 0; at += n) {
          n = Descriptors.write(launch, bytes.asSlice(at));
        }
      }
    }

    /** Closes the pipe to it, and waits for its end and that of what it became. */
    Ended end() throws IOException {
      launch.close();
      try (child;
          out;
          errors;
          failure) {
        try {
          return new Ended(readAll(out), readAll(errors), readAll(failure));
        } finally {
          child.kill();
          child.reap();
        }
      }
    }
  }

  private static String readAll(Fd pipe) throws IOException {
    var all = new ByteArrayOutputStream();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(1 << 16);
      long n = 1;
      while (n > 0) {
        assertThat(Polling.awaitReadable(pipe, PATIENCE_MILLIS)).as("it ends").isTrue();
        n = Descriptors.read(pipe, buffer);
        all.writeBytes(buffer.asSlice(0, Math.max(0, n)).toArray(JAVA_BYTE));
      }
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  private Started start() throws IOException, InterruptedException {
    Fd[] launch = Descriptors.pipe();
    Fd[] out = Descriptors.pipe();
    Fd[] errors = Descriptors.pipe();
    Fd[] failure = Descriptors.pipe();
    try {
      var descriptors = new ArrayList<Fd>(List.of(nothing, out[1], errors[1]));
      while (descriptors.size() < Starter.LAUNCH) {
        descriptors.add(nothing);
      }
      descriptors.addAll(List.of(launch[0], failure[1]));
      List<String> command = Starter.command();
      ChildProcess child = spawner.spawn(command.getFirst(), command, descriptors);
      return new Started(child, launch[1], out[0], errors[0], failure[0]);
    } finally {
      List.of(launch[0], out[1], errors[1], failure[1]).forEach(Fd::close);
    }
  }

  private Ended feed(byte[] message) throws IOException, InterruptedException {
    Started started = start();
    started.write(message);
    return started.end();
  }

  private Ended feed(String... words) throws IOException, InterruptedException {
    return feed(frame(List.of(words)));
  }

  /** The words, each with its NUL. */
  private static byte[] frame(List<String> words) {
    return (String.join("\0", words) + "\0").getBytes(StandardCharsets.ISO_8859_1);
  }

  private static List<String> words(
      String executable, String cwd, List<String> environment, List<String> argv) {
    var words = new ArrayList<String>(List.of(executable, cwd));
    words.add(Integer.toString(environment.size()));
    words.addAll(environment);
    words.add(Integer.toString(argv.size()));
    words.addAll(argv);
    words.add("end");
    return words;
  }

  private static byte[] message(String executable, List<String> argv) {
    var call =
        ProbeCall.of(
            executable, argv, ProbeCall.ENVIRONMENT, Bytes.EMPTY, List.of(), RealSandbox.LIMITS);
    return Starter.message(NativeCall.of(call)).toArray();
  }

  private void refusesEveryPart(byte[] message) throws IOException, InterruptedException {
    for (int length = 1; length < message.length; length++) {
      assertThat(feed(Arrays.copyOf(message, length)))
          .as("the first %d bytes of %d", length, message.length)
          .extracting(Ended::out, Ended::told)
          .containsExactly("", REFUSED);
    }
  }

  @Test
  void nothingButAnEndIsNoMessage() throws Exception {
    assertThat(feed(new byte[0])).isEqualTo(new Ended("", "", ""));
  }

  /** Among them those that end in an argument which looks like the end. */
  @Test
  void aMessageThatStopsShortExecutesNothing() throws Exception {
    byte[] printf = message(PRINTF, List.of("printf", "%s|", "end", "x", "end", "end"));
    refusesEveryPart(printf);
    assertThat(feed(printf)).isEqualTo(new Ended("end|x|end|end|", "", ""));
    byte[] version = message("/usr/bin/true", List.of("true", "--version"));
    refusesEveryPart(version);
    assertThat(feed(version).out()).contains("true");
  }

  @Test
  void halfAMessageWaitsAndEndsWithItsWriter() throws Exception {
    byte[] message = message(PRINTF, List.of("printf", "ran"));
    Started started = start();
    started.write(Arrays.copyOf(message, message.length - 1));
    assertThat(Polling.awaitReadable(started.child().pidfd(), 100)).as("it has ended").isFalse();
    assertThat(started.end()).extracting(Ended::out, Ended::told).containsExactly("", REFUSED);
  }

  @Test
  void countsThatAreNotThoseOfTheWordsExecuteNothing() throws Exception {
    for (String count :
        List.of("-1", "-2", "1abc", "", " 1", "1 ", "1\n", "+1", "1.0", "1e0", "0x1", "0", "2")) {
      assertThat(feed(PRINTF, "/", count, "A=b", "2", "printf", "ran", "end").told())
          .as("<%s> variables", count)
          .isEqualTo(REFUSED);
    }
    for (String count :
        List.of("-1", "-2", "2abc", "", " 2", "2 ", "2\n", "+2", "2.0", "2e0", "0x2", "0", "1")) {
      assertThat(feed(PRINTF, "/", "1", "A=b", count, "printf", "ran", "end"))
          .as("<%s> arguments", count)
          .extracting(Ended::out, Ended::told)
          .containsExactly("", REFUSED);
    }
    for (String huge : List.of("3", "10000000", "4294967298", "18446744073709551618")) {
      assertThat(feed(PRINTF, "/", "0", huge, "printf", "ran", "end").told()).isEqualTo(REFUSED);
      assertThat(feed(PRINTF, "/", huge, "2", "printf", "ran", "end").told()).isEqualTo(REFUSED);
    }
  }

  @Test
  void wordsThatHaveNoPlaceExecuteNothing() throws Exception {
    List<String> whole = words(PRINTF, "/", List.of("A=b"), List.of("printf", "ran"));
    assertThat(feed(frame(whole)).out()).isEqualTo("ran");
    for (int at = 0; at <= whole.size(); at++) {
      for (String word : List.of("", "extra", "end", "1")) {
        var more = new ArrayList<>(whole);
        more.add(at, word);
        // The end said again in its own place is one word too many all the same.
        assertThat(feed(frame(more)))
            .as("<%s> at %d", word, at)
            .extracting(Ended::out, Ended::told)
            .containsExactly("", REFUSED);
      }
    }
    for (int at = 0; at < whole.size(); at++) {
      var fewer = new ArrayList<>(whole);
      fewer.remove(at);
      assertThat(feed(frame(fewer)))
          .as("without word %d", at)
          .extracting(Ended::out, Ended::told)
          .containsExactly("", REFUSED);
    }
  }

  @Test
  void variablesNeedANameAndArgumentsAProgramsName() throws Exception {
    for (String variable : List.of("", "A", "=", "=b")) {
      assertThat(feed(frame(words(PRINTF, "/", List.of(variable), List.of("printf", "ran")))))
          .as("<%s>", variable)
          .extracting(Ended::out, Ended::told)
          .containsExactly("", REFUSED);
    }
    assertThat(feed(frame(words(PRINTF, "/", List.of(), List.of()))).told()).isEqualTo(REFUSED);
  }

  @Test
  void whatCannotBeExecutedIsTold() throws Exception {
    List<String> argv = List.of("printf", "ran");
    assertThat(feed(frame(words("/usr/bin/there-is-none", "/", List.of(), argv))))
        .isEqualTo(new Ended("", "/usr/bin/there-is-none: No such file or directory\n", "x"));
    for (String cwd : List.of("/there/is/none", "", "/etc/passwd")) {
      assertThat(feed(frame(words(PRINTF, cwd, List.of(), argv))))
          .as(cwd)
          .extracting(Ended::out, Ended::told)
          .containsExactly("", NOT_EXECUTED);
    }
  }

  @Test
  void twoMegabytesEndLikeAnyOther() throws Exception {
    byte[] noise = new byte[2 << 20];
    assertThat(feed(noise).told()).as("NUL alone").isEqualTo(REFUSED);
    Arrays.fill(noise, (byte) 'x');
    assertThat(feed(noise).told()).as("one word").isEqualTo(REFUSED);
    String big = "y".repeat(2 << 20);
    assertThat(feed(frame(words(PRINTF, "/", List.of(), List.of("printf", big)))))
        .isEqualTo(new Ended("", PRINTF + ": Argument list too long\n", NOT_EXECUTED));
    var argv = new ArrayList<String>(List.of("printf", "%.2s"));
    for (int i = 0; i < 15; i++) {
      argv.add("y".repeat(120_000));
    }
    byte[] whole = message(PRINTF, argv);
    assertThat(feed(whole)).isEqualTo(new Ended("y".repeat(30), "", ""));
    assertThat(feed(Arrays.copyOf(whole, whole.length - 4)))
        .extracting(Ended::out, Ended::told)
        .containsExactly("", REFUSED);
  }

  @Test
  void argumentsArriveExactly() throws Exception {
    var every = new StringBuilder();
    for (char value = 1; value < 256; value++) {
      every.append(value);
    }
    var argv = new ArrayList<String>(List.of("printf", "%s\\0"));
    argv.addAll(List.of("", every.toString(), "\n", "a\nb", "-", "--", "$(id)", "`id`", "|", ""));
    every.chars().forEach(value -> argv.add(Character.toString(value)));
    assertThat(feed(frame(words(PRINTF, "/", List.of(), argv))))
        .isEqualTo(new Ended(String.join("\0", argv.subList(2, argv.size())) + "\0", "", ""));
  }

  @Test
  void theProgramsNameIsWhatItIsToldAndNoShellReadsIt() throws Exception {
    List<String> argv = List.of("a name; echo $0 | cat", "-c", "echo \"$0\"");
    assertThat(feed(frame(words("/usr/bin/dash", "/", List.of(), argv))))
        .isEqualTo(new Ended("a name; echo $0 | cat\n", "", ""));
    String one = "/usr/bin/true; echo ran";
    assertThat(feed(frame(words(one, "/", List.of(), List.of(one)))))
        .matches(e -> e.out().isEmpty());
  }

  @Test
  void theEnvironmentIsExactlyWhatIsGiven() throws Exception {
    assertThat(feed(frame(words("/usr/bin/env", "/", List.of(), List.of("env", "-0")))))
        .isEqualTo(new Ended("", "", ""));
    List<String> given =
        List.of(
            "A==b=c=",
            "EMPTY=",
            "LC_ALL=\u00e9\u00ff\u0001",
            "LINES=a\nb\n",
            "PATH=/nowhere",
            "PERL5OPT=-w",
            "with space= x ");
    Ended ended = feed(frame(words("/usr/bin/env", "/tmp", given, List.of("env", "-0"))));
    assertThat(ended.out()).endsWith("\0");
    assertThat(new TreeSet<>(List.of(ended.out().split("\0")))).isEqualTo(new TreeSet<>(given));
    assertThat(ended.errors() + ended.told()).isEmpty();
  }

  @Test
  void itsOwnDescriptorsAreClosedInWhatItExecutes() throws Exception {
    String look = "for n in 8 9 10 11 12 13; do [ ! -e /proc/$$/fd/$n ] || echo $n; done; pwd";
    assertThat(feed(frame(words("/usr/bin/dash", "/usr", List.of(), List.of("sh", "-c", look)))))
        .isEqualTo(new Ended("/usr\n", "", ""));
  }

  // ---- random frames ----

  /**
   * Runs the program given as its argument on each frame of standard input, in a child that shares
   * nothing with the next but the interpreter's start: three times as fast as starting that anew.
   * Says of each how it ended and what it wrote.
   */
  private static final String DRIVER =
      """
      use POSIX ();
      $| = 1;
      binmode STDIN;
      my $frames = do { local $/; <STDIN> };
      my $null = POSIX::open('/dev/null', POSIX::O_RDWR());
      while (POSIX::dup($null) < 8) {}
      for my $frame (unpack '(N/a)*', $frames) {
        pipe(my $launch, my $writer) && pipe(my $told, my $failure) or die;
        length $frame == (syswrite $writer, $frame) or die;
        close $writer;
        my $pid = fork; defined $pid or die;
        if (!$pid) {
          alarm 20;
          POSIX::dup2(fileno $launch, 8); POSIX::dup2(fileno $failure, 9);
          POSIX::dup2(8, 1); POSIX::dup2($null, 2);
          eval $ARGV[0];
          POSIX::_exit(1);
        }
        close $launch; close $failure;
        my $said = do { local $/; <$told> };
        waitpid $pid, 0;
        print "$? $said\\n";
      }
      """;

  private static final String EXIT_126 = (126 << 8) + " ";
  private static final int FRAMES = 10_000;
  private static final int BATCH = 1_000;

  /** The executable of each is a path where nothing is: that it was tried is told. */
  @Test
  void tenThousandFramesExecuteNothingUnlessTheyAreWhole() throws Exception {
    var random = new Random(42);
    int whole = 0;
    for (int batch = 0; batch < FRAMES / BATCH; batch++) {
      var frames = new ArrayList<byte[]>();
      var expected = new ArrayList<String>();
      for (int i = 0; i < BATCH; i++) {
        byte[] frame = randomFrame(random);
        boolean isWhole = isWhole(frame);
        whole += isWhole ? 1 : 0;
        frames.add(frame);
        expected.add(frame.length == 0 ? "0 " : EXIT_126 + (isWhole ? NOT_EXECUTED : REFUSED));
      }
      List<String> said = drive(frames);
      assertThat(said).hasSize(BATCH);
      for (int i = 0; i < BATCH; i++) {
        assertThat(said.get(i))
            .as(() -> "a frame of seed 42")
            .withFailMessage("%s for %s", said.get(i), text(frames.get(i)))
            .isEqualTo(expected.get(i));
      }
    }
    assertThat(whole).as("frames that are whole").isBetween(FRAMES / 20, FRAMES / 2);
  }

  private static String text(byte[] frame) {
    return new String(frame, StandardCharsets.ISO_8859_1).replace('\0', '|');
  }

  private List<String> drive(List<byte[]> frames) throws IOException, InterruptedException {
    var input = new ByteArrayOutputStream();
    for (byte[] frame : frames) {
      input.writeBytes(ByteBuffer.allocate(4).putInt(frame.length).array());
      input.writeBytes(frame);
    }
    List<String> command = Starter.command();
    Fd[] out = Descriptors.pipe();
    try (Fd content = Descriptors.memfd("frames", input.toByteArray());
        Fd said = out[0];
        ChildProcess child =
            spawner.spawn(
                command.getFirst(),
                List.of(command.getFirst(), "-e", DRIVER, command.getLast()),
                List.of(content, out[1], nothing))) {
      out[1].close();
      try {
        return readAll(said).lines().toList();
      } finally {
        child.kill();
        child.reap();
      }
    }
  }

  private static final List<String> ODD =
      List.of("", "0", "1", "2", "3", "-1", "1a", "01", " 1", "1e0", "end", "A=b", "=", "\n", "é");

  private static byte[] randomFrame(Random random) {
    String executable = "/nonexistent/" + random.nextInt(100);
    if (random.nextInt(4) == 0) {
      return (executable + noise(random, random.nextInt(200)))
          .getBytes(StandardCharsets.ISO_8859_1);
    }
    var environment = new ArrayList<String>();
    for (int i = random.nextInt(4); i > 0; i--) {
      environment.add("N" + i + "=" + noise(random, random.nextInt(8)).replace('\0', '0'));
    }
    var argv = new ArrayList<String>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      argv.add(random.nextBoolean() ? odd(random) : noise(random, 3).replace('\0', '0'));
    }
    List<String> words = words(executable, "/", environment, argv);
    for (int i = random.nextInt(4); i > 0; i--) {
      int at = 1 + random.nextInt(words.size() - 1);
      switch (random.nextInt(5)) {
        case 0 -> words.set(at, odd(random));
        case 1 -> words.add(at, odd(random));
        case 2 -> words.remove(at);
        case 3 -> words.add(at, words.get(at));
        default -> words.set(at, words.get(at) + noise(random, 2));
      }
      if (words.size() < 2) {
        words.add("end");
      }
    }
    byte[] frame = frame(words);
    return random.nextInt(3) > 0 ? frame : Arrays.copyOf(frame, random.nextInt(frame.length + 1));
  }

  private static String odd(Random random) {
    return ODD.get(random.nextInt(ODD.size()));
  }

  /** Bytes of which no name of a program is made, many of them NUL, digits or the word end. */
  private static String noise(Random random, int length) {
    var noise = new StringBuilder();
    while (noise.length() < length) {
      switch (random.nextInt(4)) {
        case 0 -> noise.append('\0');
        case 1 -> noise.append((char) ('0' + random.nextInt(4)));
        case 2 -> noise.append(random.nextInt(3) == 0 ? "\0end\0" : "=");
        default -> noise.append((char) (128 + random.nextInt(128)));
      }
    }
    return noise.toString();
  }

  /** What the message's description says, walked through by itself. */
  private static boolean isWhole(byte[] frame) {
    String text = new String(frame, StandardCharsets.ISO_8859_1);
    List<String> words = List.of(text.split("\0", -1));
    if (!text.endsWith("\0") || words.size() < 7) {
      return false;
    }
    int variables = count(words.get(2));
    int at = 3 + variables;
    if (variables < 0 || at >= words.size()) {
      return false;
    }
    boolean named = words.subList(3, at).stream().allMatch(word -> word.indexOf('=') > 0);
    int arguments = count(words.get(at));
    int end = at + 1 + arguments;
    return named && arguments > 0 && end == words.size() - 2 && words.get(end).equals("end");
  }

  private static int count(String word) {
    return word.matches("[0-9]{1,7}") && !word.endsWith("\n") ? Integer.parseInt(word) : -1;
  }
}
