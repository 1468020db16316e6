package dev.chitin.gateway.openapi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one route does, as its OpenAPI operation says it. Method, path, scope and the problems that
 * every such route has come from the route itself; this adds the words and the shapes.
 *
 * @param tag which group it stands in
 * @param summary one line
 * @param path what the parameters of the path are, by name
 * @param parameters of the query and the header fields, in order
 * @param request schema names of the body by media type, empty for none
 * @param responses what it answers beside problems, by status
 * @param failure how it says that it refuses or failed
 */
public record Operation(
    String tag,
    String summary,
    Map<String, String> path,
    List<Parameter> parameters,
    Map<String, String> request,
    Map<Integer, Response> responses,
    Failure failure) {

  /**
   * The shape of what a route says when it refuses or fails.
   *
   * @param schema a name of {@code schemas.json}
   * @param statuses which statuses stand for those of the problems' codes, where they differ
   */
  public record Failure(String mediaType, String schema, Map<Integer, Integer> statuses) {
    /** RFC 9457, the rule. */
    public static final Failure PROBLEM =
        new Failure("application/problem+json", SchemaLibrary.PROBLEM, Map.of());

    public Failure {
      statuses = Map.copyOf(statuses);
    }

    int status(int problem) {
      return statuses.getOrDefault(problem, problem);
    }
  }

  /**
   * A parameter outside the path.
   *
   * @param in {@code query} or {@code header}
   * @param schema a name of {@code schemas.json}, or a type of JSON Schema
   */
  public record Parameter(String in, String name, String description, String schema) {}

  /**
   * An answer that is not a problem.
   *
   * @param content schema names by media type; empty when there is no body
   * @param headers what its own header fields say, by name
   */
  public record Response(
      String description, Map<String, String> content, Map<String, String> headers) {
    public Response {
      content = Map.copyOf(content);
      headers = Map.copyOf(headers);
    }
  }

  public Operation {
    path = Map.copyOf(path);
    parameters = List.copyOf(parameters);
    request = Map.copyOf(request);
    responses = Map.copyOf(responses);
  }

  public static Operation of(String tag, String summary) {
    return new Operation(tag, summary, Map.of(), List.of(), Map.of(), Map.of(), Failure.PROBLEM);
  }

  /** Says what the path's parameter {@code name} is. */
  public Operation path(String name, String description) {
    return new Operation(
        tag, summary, with(path, name, description), parameters, request, responses, failure);
  }

  /** Adds a parameter of the query. */
  public Operation query(String name, String schema, String description) {
    return parameter(new Parameter("query", name, description, schema));
  }

  /** Adds a header field of the request. */
  public Operation header(String name, String schema, String description) {
    return parameter(new Parameter("header", name, description, schema));
  }

  private Operation parameter(Parameter more) {
    List<Parameter> all = new ArrayList<>(parameters);
    all.add(more);
    return new Operation(tag, summary, path, all, request, responses, failure);
  }

  /** Takes a body of {@code mediaType}. */
  public Operation takes(String mediaType, String schema) {
    return new Operation(
        tag, summary, path, parameters, with(request, mediaType, schema), responses, failure);
  }

  /** Answers {@code status} with JSON. */
  public Operation gives(int status, String description, String schema) {
    return gives(status, description, "application/json", schema);
  }

  /** Answers {@code status} with a body of {@code mediaType}; a second one is another choice. */
  public Operation gives(int status, String description, String mediaType, String schema) {
    Response known = responses.get(status);
    Map<String, String> content = known == null ? Map.of() : known.content();
    return answering(
        status,
        new Response(
            description,
            with(content, mediaType, schema),
            known == null ? Map.of() : known.headers()));
  }

  /** Answers {@code status} with no body. */
  public Operation gives(int status, String description) {
    return answering(status, new Response(description, Map.of(), Map.of()));
  }

  /** Says what a header field of the answer {@code status} is, which has been named before. */
  public Operation with(int status, String header, String description) {
    @Nullable Response known = responses.get(status);
    if (known == null) {
      throw new IllegalStateException("the answer " + status + " is not described yet");
    }
    return answering(
        status,
        new Response(
            known.description(), known.content(), with(known.headers(), header, description)));
  }

  /** Refuses and fails in another shape than that of a problem. */
  public Operation failing(Failure shape) {
    return new Operation(tag, summary, path, parameters, request, responses, shape);
  }

  private Operation answering(int status, Response response) {
    return new Operation(
        tag, summary, path, parameters, request, with(responses, status, response), failure);
  }

  private static <K, V> Map<K, V> with(Map<K, V> map, K key, V value) {
    Map<K, V> more = new LinkedHashMap<>(map);
    more.put(key, value);
    return more;
  }
}
