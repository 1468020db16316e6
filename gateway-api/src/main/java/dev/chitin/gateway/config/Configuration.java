package dev.chitin.gateway.config;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A configuration document whose keys, types and bounds have been checked. */
public final class Configuration {
  private static final String PREFIX = "CHITIN_";

  private final JsonValue.Obj document;
  private final List<ConfigFault> notBuilt;
  private final Places places;
  private final @Nullable Path file;

  private Configuration(
      JsonValue.Obj document, List<ConfigFault> notBuilt, Places places, @Nullable Path file) {
    this.document = document;
    this.notBuilt = notBuilt;
    this.places = places;
    this.file = file;
  }

  /** The file that it was read from, or null. */
  public @Nullable Path file() {
    return file;
  }

  /** The merged document. */
  public JsonValue.Obj document() {
    return document;
  }

  /** Keys that are set and whose control is not built; {@code serve} refuses them. */
  public List<ConfigFault> notBuilt() {
    return notBuilt;
  }

  /** What a reader of the document refused, with its place. */
  public ConfigFault fault(Problem problem) {
    return places.fault(problem);
  }

  /**
   * The same as a problem of the configuration, if it was none, whose text begins with the place.
   */
  public ChitinException located(ChitinException refusal) {
    Problem problem = refusal.problem();
    ConfigFault fault = places.fault(problem);
    boolean known = problem.code() == ProblemCode.CONFIG_NOT_BUILT;
    return new Problem(
            known ? problem.code() : ProblemCode.CONFIG_INVALID,
            fault.place() + ": " + problem.detail(),
            problem.rule(),
            problem.hint(),
            problem.errors())
        .toException(refusal);
  }

  /**
   * Reads {@code file}, or an empty document when there is none, and lays the overrides of {@code
   * environment} over it: {@code CHITIN_SECTION__KEY} sets {@code section.key}.
   *
   * @throws ConfigException with every fault found
   */
  public static Configuration load(Path file, Map<String, String> environment)
      throws ConfigException {
    String source = file.getFileName() == null ? file.toString() : file.getFileName().toString();
    Configuration read = parse(source, read(file), environment);
    return new Configuration(read.document, read.notBuilt, read.places, file);
  }

  /** Like {@link #load}, from text. */
  public static Configuration parse(String source, String text, Map<String, String> environment)
      throws ConfigException {
    ConfigNode document = Json5Reader.read(source, text);
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      if (variable.getKey().startsWith(PREFIX) && variable.getKey().contains("__")) {
        document = override(document, variable.getKey(), variable.getValue());
      }
    }
    var checker = new SpecChecker();
    checker.check("", document, ConfigKeys.ROOT);
    if (!checker.faults().isEmpty()) {
      throw new ConfigException(checker.faults());
    }
    return new Configuration(
        (JsonValue.Obj) document.toJson(), checker.notBuilt(), Places.of(source, document), null);
  }

  /** The JSON Schema 2020-12 of the document. */
  public static JsonValue.Obj schema() {
    Map<String, JsonValue> members = new LinkedHashMap<>();
    members.put("$schema", new JsonValue.Str("https://json-schema.org/draft/2020-12/schema"));
    members.put("title", new JsonValue.Str("chitin.json5"));
    members.putAll(ConfigKeys.ROOT.schema().members());
    return new JsonValue.Obj(members);
  }

  private static String read(Path file) throws ConfigException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw unreadable(file, Files.isDirectory(file) ? "is a directory" : "is not a regular file");
    }
    try {
      refuseOpenToAll(file);
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      return "{}";
    } catch (CharacterCodingException e) {
      throw unreadable(file, "is not UTF-8 text");
    } catch (AccessDeniedException e) {
      throw unreadable(file, "may not be read by this user");
    } catch (IOException e) {
      throw unreadable(file, "cannot be read: " + e.getMessage());
    }
  }

  private static void refuseOpenToAll(Path file) throws IOException, ConfigException {
    if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE)) {
      throw unreadable(
          file, "may be written by everybody, who would command the gateway; run chmod o-w on it");
    }
  }

  private static ConfigException unreadable(Path file, String why) {
    return ConfigException.of(new ConfigNode.Place(file.toString(), 0, 0), "", why);
  }

  private static ConfigNode override(ConfigNode document, String variable, String value)
      throws ConfigException {
    var place = new ConfigNode.Place("environment variable " + variable, 0, 0);
    if (!(document instanceof ConfigNode.Table table)) {
      return document;
    }
    List<String> path =
        List.of(variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT).split("__", -1));
    return with(table, path, scalar(place, path, value));
  }

  /** The value of a variable: JSON5 where the key takes something other than text. */
  private static ConfigNode scalar(ConfigNode.Place place, List<String> path, String value)
      throws ConfigException {
    Spec spec = ConfigKeys.ROOT;
    for (String name : path) {
      Spec.Key key = spec instanceof Spec.Section section ? section.keys().get(name) : null;
      if (key == null) {
        break;
      }
      spec = key.spec();
    }
    return spec instanceof Spec.Text || spec instanceof Spec.Choice || spec instanceof Spec.Section
        ? new ConfigNode.Scalar(place, new JsonValue.Str(value))
        : Json5Reader.read(place.source(), value);
  }

  private static ConfigNode.Table with(
      ConfigNode.Table table, List<String> path, ConfigNode value) {
    Map<String, ConfigNode.Entry> entries = new LinkedHashMap<>(table.entries());
    String name = path.getFirst();
    ConfigNode.Entry present = entries.get(name);
    ConfigNode member = value;
    if (path.size() > 1) {
      ConfigNode.Table inner =
          present != null && present.value() instanceof ConfigNode.Table known
              ? known
              : new ConfigNode.Table(value.place(), Map.of());
      member = with(inner, path.subList(1, path.size()), value);
    }
    entries.put(
        name, new ConfigNode.Entry(present == null ? value.place() : present.keyPlace(), member));
    return new ConfigNode.Table(table.place(), entries);
  }
}
