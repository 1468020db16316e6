package dev.chitin.gateway.cli;

import dev.chitin.gateway.http.PutQuery;
import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a secret may go, as the commands that store one take it. */
final class BindingOptions {
  @Option(
      names = "--host",
      paramLabel = "HOST[:PORT]",
      description = {
        "Bind it: it is put into requests to this host and port alone, whatever a tool says.",
        "What it was bound to before is kept unless this is given."
      })
  private @Nullable String host;

  @Option(names = "--scheme", description = "https, the default; http for a loopback address only.")
  private @Nullable String scheme;

  @Option(
      names = "--method",
      description = "A method that the request may have; may be repeated. Default any.")
  private List<String> methods = List.of();

  @Option(
      names = "--path-prefix",
      paramLabel = "PATH",
      description = "What the request's path begins with, as /v1/. Default any.")
  private @Nullable String pathPrefix;

  @Option(names = "--surface", description = "header, the default and the only one that is built.")
  private @Nullable String surface;

  @Option(
      names = "--header",
      paramLabel = "FIELD",
      description = "The header field that it goes into. Default authorization.")
  private @Nullable String header;

  @Option(
      names = "--format",
      description = "raw, or bearer, the default for the field authorization.")
  private @Nullable String format;

  /** Adds what was given to {@code query}. */
  void addTo(MultiMap query) {
    add(query, PutQuery.HOST, host);
    add(query, PutQuery.SCHEME, scheme);
    methods.forEach(method -> query.add(PutQuery.METHOD, method));
    add(query, PutQuery.PATH_PREFIX, pathPrefix);
    add(query, PutQuery.SURFACE, surface);
    add(query, PutQuery.HEADER, header);
    add(query, PutQuery.FORMAT, format);
  }

  private static void add(MultiMap query, String name, @Nullable String value) {
    if (value != null) {
      query.add(name, value);
    }
  }
}
