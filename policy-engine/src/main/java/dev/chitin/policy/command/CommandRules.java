package dev.chitin.policy.command;

import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.Denial;
import dev.chitin.policy.Executable;
import dev.chitin.policy.Executables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The commands that the operator granted, resolved to files with digests when the rules are
 * compiled. Reads files then; immutable after.
 */
public final class CommandRules {
  private static final int SHEBANG_BYTES = 256;
  private static final Pattern SPACE = Pattern.compile("[ \t]+");

  private final Map<String, List<GrantedCommand>> granted;

  private CommandRules(Map<String, List<GrantedCommand>> granted) {
    this.granted = Map.copyOf(granted);
  }

  /** Resolves every granted command. One that is not on this machine is kept and never matches. */
  public static CommandRules compile(Map<String, Capabilities> grants, Executables executables) {
    DangerousPrograms dangerous = DangerousPrograms.find(executables);
    Map<String, List<GrantedCommand>> granted = new HashMap<>();
    grants.forEach(
        (tool, capabilities) ->
            granted.put(
                tool,
                capabilities.processExec().stream()
                    .map(pattern -> resolve(pattern, executables, dangerous))
                    .toList()));
    return new CommandRules(granted);
  }

  private static GrantedCommand resolve(
      String pattern, Executables executables, DangerousPrograms dangerous) {
    Optional<Executable> file = executables.find(pattern);
    return new GrantedCommand(
        pattern,
        file,
        file.flatMap(program -> interpreter(program.path(), executables)),
        file.flatMap(program -> refusal(pattern, program, dangerous)));
  }

  private static Optional<Denial> refusal(
      String pattern, Executable file, DangerousPrograms dangerous) {
    String name = GrantedCommand.baseName(pattern);
    Optional<String> loader = dangerous.loader(file.digest());
    if (loader.isPresent()) {
      return refused("command.loader", name + " is the loader " + loader.get() + ".");
    }
    Optional<String> shell = dangerous.shell(file.digest());
    // An applet with a grammar is held to that grammar, so its multi-call binary may hold a shell.
    boolean applet = ShippedGrammars.of(name).isPresent();
    if (shell.isPresent() && !applet && !DangerousPrograms.SHELLS.contains(name)) {
      return refused("command.shell", name + " is the shell " + shell.get() + ".");
    }
    Optional<String> wrapper = dangerous.wrapper(file.digest());
    if (wrapper.isPresent() && !applet && !DangerousPrograms.WRAPPERS.contains(name)) {
      return refused("command.wrapper", name + " is " + wrapper.get() + " under another name.");
    }
    return Optional.empty();
  }

  private static Optional<Denial> refused(String rule, String detail) {
    return Optional.of(
        new Denial(
            ProblemCode.POLICY_COMMAND_DENIED,
            rule,
            detail,
            "Grant the program that is to run, by its own name."));
  }

  /** The interpreter of a {@code #!} script; a name that does not resolve is kept as written. */
  private static Optional<String> interpreter(String path, Executables executables) {
    byte[] head;
    try (var in = Files.newInputStream(Path.of(path))) {
      head = in.readNBytes(SHEBANG_BYTES);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (!text.startsWith("#!")) {
      return Optional.empty();
    }
    int newline = text.indexOf('\n');
    String line = (newline < 0 ? text.substring(2) : text.substring(2, newline)).strip();
    String program = SPACE.split(line, 2)[0];
    return Optional.of(executables.find(program).map(Executable::path).orElse(program));
  }

  /**
   * The commands of one tool: what it declares within what it is granted. Looks at the file system.
   *
   * @param located real path of each declared command that is on this machine
   */
  public ToolCommands tool(String tool, Capabilities declared, Map<String, String> located) {
    return new ToolCommands(
        tool, granted.getOrDefault(tool, List.of()), declared.processExec(), located);
  }

  /** Pattern → real path and digest of every granted command, for the version of the rules. */
  public Map<String, String> fingerprint() {
    Map<String, String> all = new LinkedHashMap<>();
    granted.values().stream()
        .flatMap(List::stream)
        .forEach(
            command ->
                all.put(
                    command.pattern(),
                    command.file().map(f -> f.path() + " " + f.digest()).orElse("absent")));
    return all;
  }
}
