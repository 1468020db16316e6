package dev.chitin.sandbox.file;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * {@code fs_search{path, pattern, glob?, max_results?, ignore_case?, literal?}}: lines that match,
 * in the text files of a tree or in one file. Of each file the first {@value #MOST_FILE} bytes are
 * read; files with a NUL near their beginning are no text and are passed over.
 */
final class SearchOperation implements FileOperation {
  private static final int MOST_FILE = 4 << 20;
  private static final int MOST_DEPTH = 32;
  private static final int MOST_RESULTS = 1000;
  private static final int RESULTS = 100;
  private static final int MOST_TEXT = 512;
  private static final int BINARY_PROBE = 8192;

  private final Predicate<String> readable;

  SearchOperation(Predicate<String> readable) {
    this.readable = readable;
  }

  @Override
  public JsonValue.Obj run(
      RootedFiles files, FileTarget target, JsonValue.Obj input, Progress progress)
      throws OperationFailed {
    var arguments = new Arguments(input);
    var search =
        new Search(
            files,
            progress,
            LinePattern.compile(
                arguments.text("pattern"),
                arguments.flag("literal"),
                arguments.flag("ignore_case")),
            new Glob(arguments.text("glob", "*")),
            (int) arguments.number("max_results", RESULTS, 1, MOST_RESULTS));
    boolean truncated;
    if (files.look(files.relative()).isRegular()) {
      truncated = !search.file("", files.relative());
    } else {
      var walk = new TreeWalk(files, target, readable, progress);
      walk.run(MOST_DEPTH, search::visit);
      truncated = walk.truncated();
    }
    return JsonValue.object()
        .put("path", target.requested())
        .put("matches", new JsonValue.Arr(search.matches))
        .put("files", search.searched)
        .put("truncated", truncated || search.cut)
        .build();
  }

  /** One search and what it has found. */
  private static final class Search {
    private final RootedFiles files;
    private final Progress progress;
    private final LinePattern pattern;
    private final Glob glob;
    private final int most;
    private final List<JsonValue> matches = new ArrayList<>();
    private int searched;
    private boolean cut;

    Search(RootedFiles files, Progress progress, LinePattern pattern, Glob glob, int most) {
      this.files = files;
      this.progress = progress;
      this.pattern = pattern;
      this.glob = glob;
      this.most = most;
    }

    boolean visit(String path, String fromRoot, FileStat stat) throws OperationFailed {
      return !stat.isRegular() || !glob.matches(path) || file(path, fromRoot);
    }

    /** False when no more results are wanted. */
    boolean file(String path, String fromRoot) throws OperationFailed {
      byte[] bytes;
      try (Fd file = files.openRegular(fromRoot)) {
        bytes = ReadOperation.read(file, 0, MOST_FILE, progress);
        cut |= RootedFiles.stat(file).size() > bytes.length;
      } catch (OperationFailed e) {
        if (path.isEmpty() || !e.status().equals("exit 1")) {
          throw e;
        }
        return true; // One file of a tree that cannot be read is passed over.
      }
      if (isBinary(bytes)) {
        return true;
      }
      searched++;
      return lines(path, new String(bytes, StandardCharsets.UTF_8));
    }

    private boolean lines(String path, String text) throws OperationFailed {
      int line = 1;
      for (int from = 0; from < text.length(); line++) {
        int end = text.indexOf('\n', from);
        String content = text.substring(from, end < 0 ? text.length() : end);
        if (pattern.find(content, progress)) {
          if (matches.size() == most) {
            return false;
          }
          matches.add(match(path, line, content));
        }
        from = end < 0 ? text.length() : end + 1;
      }
      return true;
    }

    private static JsonValue match(String path, int line, String content) {
      int end = Math.min(content.length(), MOST_TEXT);
      if (end < content.length() && Character.isHighSurrogate(content.charAt(end - 1))) {
        end--;
      }
      return JsonValue.object()
          .put("path", path)
          .put("line", line)
          .put("text", content.substring(0, end))
          .build();
    }

    private static boolean isBinary(byte[] bytes) {
      for (int i = 0; i < Math.min(bytes.length, BINARY_PROBE); i++) {
        if (bytes[i] == 0) {
          return true;
        }
      }
      return false;
    }
  }
}
