package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.nativeos.ChildProcess;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Spawner;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns a checked call into a spawned bwrap that waits behind its gate. Blocks, and therefore runs
 * on a set-up thread.
 */
final class CallSetUp {
  private final BwrapProgram program;
  private final SandboxLayout layout;
  private final SandboxFiles files;
  private final byte[] filter;
  private final MountSources sources;
  private final Covers covers;
  private final ProtectedNames names;
  private final OutputRoom outputs;
  private final Spawner spawner;

  CallSetUp(
      BwrapProgram program,
      SandboxLayout layout,
      SandboxFiles files,
      byte[] filter,
      MountSources sources,
      Covers covers,
      ProtectedNames names,
      OutputRoom outputs,
      Spawner spawner) {
    this.program = program;
    this.layout = layout;
    this.files = files;
    this.filter = filter.clone();
    this.sources = sources;
    this.covers = covers;
    this.names = names;
    this.outputs = outputs;
    this.spawner = spawner;
  }

  /**
   * A bwrap that runs, and this side's ends of its pipes.
   *
   * @param monitor bwrap
   * @param pipes whose child ends are closed here by now
   * @param protections the mounts and denies, as options
   */
  record Spawned(ChildProcess monitor, Pipes pipes, List<String> protections) {}

  /**
   * Spawns the sandbox of a call.
   *
   * @param held takes descriptors and covers that are needed until the run has ended
   * @param notes takes what is weaker than it should be
   * @param place where it is born
   * @throws dev.chitin.bus.ChitinException when a mount is not what the plan says
   */
  Spawned spawn(NativeCall call, HeldPlaces held, List<String> notes, Spawner.Birthplace place)
      throws IOException, InterruptedException {
    SandboxSpec spec = call.spec();
    try (var options = new OptionList(Pipes.reserved(false))) {
      layout.begin(options, call.call().environment(), spec.limits());
      if (!call.process().outputs().isEmpty()) {
        OutputRoom.Place out = outputs.make();
        held.keep(out);
        held.keep(out.mount(), out.source());
        options.bind(out.source(), DeclaredOutput.DIRECTORY, true);
      }
      List<String> protections = mount(spec, options, held, notes);
      List<String> command = command(call, options, notes);
      layout.end(options, call.process().cwd());
      boolean input = call.call().stdin().length() > 0;
      return spawn(command, options, protections, input, false, place);
    }
  }

  /** Spawns a sandbox in which a {@link Starter} waits for its call. */
  Spawned spawnWarm(SandboxSpec spec, HeldPlaces held, List<String> notes, Spawner.Birthplace place)
      throws IOException, InterruptedException {
    try (var options = new OptionList(Pipes.reserved(true))) {
      layout.begin(options, Map.of(), spec.limits());
      List<String> protections = mount(spec, options, held, notes);
      layout.end(options, "/");
      return spawn(Starter.command(), options, protections, true, true, place);
    }
  }

  /**
   * The mounts and denies that a warm sandbox for {@code spec} would be made with now: what was
   * made before may be used only while this has not changed.
   */
  List<String> warmProtections(SandboxSpec spec) throws IOException {
    try (var options = new OptionList(Pipes.reserved(true));
        var held = new HeldPlaces(covers)) {
      return mount(spec, options, held, new ArrayList<>());
    }
  }

  private List<String> mount(
      SandboxSpec spec, OptionList options, HeldPlaces held, List<String> notes)
      throws IOException {
    int before = options.size();
    for (Mount mount : spec.mounts()) {
      mount(mount, spec.hidden(), options, held, notes);
    }
    return options.since(before);
  }

  private void mount(
      Mount mount, List<String> hidden, OptionList options, HeldPlaces held, List<String> notes)
      throws IOException {
    Fd root = held.keep(mount, sources.open(mount));
    options.bind(Descriptors.duplicate(root), mount.target(), mount.writable());
    if (Statx.fstat(root).isDirectory()) {
      new TreeGuard(mount, hidden, root, options, covers, files, names, held)
          .protect()
          .ifPresent(notes::add);
    }
  }

  /**
   * The program and its arguments so that the file is the plan's and, if it can be, so is argv[0].
   */
  private List<String> command(NativeCall call, OptionList options, List<String> notes)
      throws IOException {
    if (program.setsArgv0()) {
      options.add("--argv0", call.process().argv().getFirst());
      return call.withExecutable();
    }
    if (call.lookUpFindsExecutable()) {
      return call.process().argv();
    }
    if (!call.process().argv().getFirst().equals(call.process().executable())) {
      notes.add("argv[0]: replaced by the path of the executable");
    }
    return call.withExecutable();
  }

  private Spawned spawn(
      List<String> command,
      OptionList options,
      List<String> protections,
      boolean input,
      boolean starter,
      Spawner.Birthplace place)
      throws IOException, InterruptedException {
    var argv = new ArrayList<String>(List.of(program.path().toString(), "--args", "3", "--"));
    argv.addAll(command);
    Pipes pipes = Pipes.open(input, starter, options.toBytes(), filter);
    try {
      var descriptors = new ArrayList<>(pipes.child());
      descriptors.addAll(options.descriptors());
      ChildProcess monitor = spawner.spawn(program.path().toString(), argv, descriptors, place);
      return new Spawned(monitor, pipes, protections);
    } catch (IOException | InterruptedException | RuntimeException e) {
      pipes.closeOwnEnds();
      throw e;
    } finally {
      pipes.closeChildEnds();
    }
  }
}
