package dev.chitin.policy.command;

import static dev.chitin.policy.command.CommandGrammar.Operands.ASSIGNMENTS_THEN_COMMAND;
import static dev.chitin.policy.command.CommandGrammar.Operands.DATA;
import static dev.chitin.policy.command.CommandGrammar.Operands.PATHS;
import static dev.chitin.policy.command.CommandGrammar.Operands.PATTERN_THEN_PATHS;
import static dev.chitin.policy.command.CommandGrammar.Operands.PLUS_DATA;
import static dev.chitin.policy.command.CommandGrammar.Style.NONE;
import static dev.chitin.policy.command.CommandGrammar.Style.PERMUTING;
import static dev.chitin.policy.command.CommandGrammar.Style.POSIX;

import java.util.Map;
import java.util.Optional;

/** The grammars of the programs that are granted by default: GNU coreutils 9 and GNU grep 3. */
final class ShippedGrammars {
  private static final String COMMON = "--help; --version; ";

  private static final Map<String, CommandGrammar> BY_NAME =
      Map.ofEntries(
          Map.entry("true", CommandGrammar.of(NONE, DATA, "")),
          Map.entry("false", CommandGrammar.of(NONE, DATA, "")),
          Map.entry("echo", CommandGrammar.of(NONE, DATA, "")),
          // printf knows no option but these two, and only as its sole argument.
          Map.entry("printf", CommandGrammar.of(POSIX, DATA, COMMON)),
          Map.entry(
              "cat",
              CommandGrammar.of(
                  PERMUTING,
                  PATHS,
                  COMMON
                      + "-A --show-all; -b --number-nonblank; -e; -E --show-ends; -n --number;"
                      + "-s --squeeze-blank; -t; -T --show-tabs; -u; -v --show-nonprinting")),
          Map.entry(
              "head",
              CommandGrammar.of(
                      PERMUTING,
                      PATHS,
                      COMMON
                          + "-c --bytes=D; -n --lines=D; -q --quiet --silent; -v --verbose;"
                          + "-z --zero-terminated")
                  .withNumeric("-[0-9]+[bkmcqvz]*")),
          Map.entry(
              "tail",
              CommandGrammar.of(
                      PERMUTING,
                      PATHS,
                      COMMON
                          + "-c --bytes=D; -f; --follow[=D]; -F; -n --lines=D;"
                          + "--max-unchanged-stats=D; --pid=D; -q --quiet --silent; --retry;"
                          + "-s --sleep-interval=D; -v --verbose; -z --zero-terminated")
                  .withNumeric("[-+][0-9]+[bcl]?f?")),
          Map.entry(
              "ls",
              CommandGrammar.of(
                  PERMUTING,
                  PATHS,
                  COMMON
                      + "-a --all; -A --almost-all; --author; -b --escape; --block-size=D;"
                      + "-B --ignore-backups; -c; -C; --color[=D]; -d --directory; -D --dired; -f;"
                      + "-F; --classify[=D]; --file-type; --format=D; -g; -G --no-group;"
                      + "--group-directories-first; --full-time; -h --human-readable; --si;"
                      + "-H --dereference-command-line;"
                      + "--dereference-command-line-symlink-to-dir; --hide=D; --hyperlink[=D];"
                      + "--indicator-style=D; -i --inode; -I --ignore=D; -k --kibibytes; -l;"
                      + "-L --dereference; -m; -n --numeric-uid-gid; -N --literal; -o; -p;"
                      + "-q --hide-control-chars; --show-control-chars; -Q --quote-name;"
                      + "--quoting-style=D; -r --reverse; -R --recursive; -s --size; -S; --sort=D;"
                      + "-t; --time=D; --time-style=D; -T --tabsize=D; -u; -U; -v; -w --width=D; -x;"
                      + "-X; -Z --context; -1; --zero")),
          Map.entry(
              "wc",
              CommandGrammar.of(
                  PERMUTING,
                  PATHS,
                  COMMON
                      + "-c --bytes; -m --chars; -l --lines; -L --max-line-length; -w --words;"
                      + "--files0-from=X; --total=D; --debug")),
          Map.entry(
              "grep",
              CommandGrammar.of(
                      PERMUTING,
                      PATTERN_THEN_PATHS,
                      COMMON
                          + "-V; -E --extended-regexp; -F --fixed-strings; -G --basic-regexp;"
                          + "-P --perl-regexp; -e --regexp=D; -f --file=R; -i -y --ignore-case;"
                          + "--no-ignore-case; -w --word-regexp; -x --line-regexp; -z --null-data;"
                          + "-s --no-messages; -v --invert-match; -m --max-count=D;"
                          + "-b --byte-offset; -n --line-number; --line-buffered;"
                          + "-H --with-filename; -h --no-filename; --label=D; -o --only-matching;"
                          + "-q --quiet --silent; --binary-files=D; -a --text; -I;"
                          + "-d --directories=D; -D --devices=D; -r --recursive;"
                          + "-R --dereference-recursive; --include=D; --exclude=D;"
                          + "--exclude-from=R; --exclude-dir=D; -L --files-without-match;"
                          + "-l --files-with-matches; -c --count; -T --initial-tab; -Z --null;"
                          + "-A --after-context=D; -B --before-context=D; -C --context=D;"
                          + "--color[=D]; --colour[=D]; -U --binary; -u --unix-byte-offsets")
                  .withNumeric("-[0-9]+")
                  .withPatternFlags("-e", "-f")),
          Map.entry(
              "seq",
              CommandGrammar.of(
                      POSIX, DATA, COMMON + "-f --format=D; -s --separator=D; -w --equal-width")
                  .withNumeric("-[0-9.].*")),
          Map.entry("sleep", CommandGrammar.of(PERMUTING, DATA, COMMON)),
          Map.entry(
              "date",
              CommandGrammar.of(
                  PERMUTING,
                  PLUS_DATA,
                  COMMON
                      + "-d --date=D; --debug; -f --file=X; -I[=D]; --iso-8601[=D];"
                      + "-r --reference=R; --resolution; -R --rfc-email --rfc-822 --rfc-2822;"
                      + "--rfc-3339=D; -s --set=X; -u --utc --uct --universal")),
          Map.entry(
              "env",
              CommandGrammar.of(
                  POSIX,
                  ASSIGNMENTS_THEN_COMMAND,
                  COMMON
                      + "-i --ignore-environment; -0 --null; -u --unset=D; -C --chdir=R;"
                      + "-S --split-string=X; --block-signal[=D]; --default-signal[=D];"
                      + "--ignore-signal[=D]; --list-signal-handling; -v --debug")),
          Map.entry(
              "id",
              CommandGrammar.of(
                  PERMUTING,
                  DATA,
                  COMMON
                      + "-a; -Z --context; -g --group; -G --groups; -n --name; -r --real;"
                      + "-u --user; -z --zero")),
          Map.entry(
              "uname",
              CommandGrammar.of(
                  PERMUTING,
                  DATA,
                  COMMON
                      + "-a --all; -s --kernel-name --sysname; -n --nodename;"
                      + "-r --kernel-release --release; -v --kernel-version; -m --machine;"
                      + "-p --processor; -i --hardware-platform; -o --operating-system")));

  private ShippedGrammars() {}

  /** The grammar of the program that is called by {@code name}, without its directory. */
  static Optional<CommandGrammar> of(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }
}
