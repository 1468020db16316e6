package dev.chitin.sandbox.file;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.FileStat;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** {@code fs_list{path, depth?}}: a directory's entries, 1 to 8 levels deep, 1 if not said. */
final class ListOperation implements FileOperation {
  private static final int MOST_DEPTH = 8;

  private final Predicate<String> readable;

  ListOperation(Predicate<String> readable) {
    this.readable = readable;
  }

  @Override
  public JsonValue.Obj run(
      RootedFiles files, FileTarget target, JsonValue.Obj input, Progress progress)
      throws OperationFailed {
    int depth = (int) new Arguments(input).number("depth", 1, 1, MOST_DEPTH);
    List<JsonValue> entries = new ArrayList<>();
    var walk = new TreeWalk(files, target, readable, progress);
    walk.run(
        depth,
        (path, fromRoot, stat) -> {
          entries.add(entry(path, stat));
          return true;
        });
    return JsonValue.object()
        .put("path", target.requested())
        .put("entries", new JsonValue.Arr(entries))
        .put("truncated", walk.truncated())
        .build();
  }

  private static JsonValue entry(String path, FileStat stat) {
    JsonValue.Builder entry = JsonValue.object().put("path", path).put("type", type(stat));
    return stat.isRegular() ? entry.put("size", stat.size()).build() : entry.build();
  }

  private static String type(FileStat stat) {
    if (stat.isRegular()) {
      return "file";
    }
    if (stat.isDirectory()) {
      return "directory";
    }
    return stat.isSymlink() ? "symlink" : "other";
  }
}
