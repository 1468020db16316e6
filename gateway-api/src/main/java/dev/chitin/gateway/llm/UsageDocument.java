package dev.chitin.gateway.llm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One JSON document of a provider, read as it comes. What it says of a request's cost and of a
 * failure is kept, and nothing else of it. One that cannot be read says no more from there on.
 */
final class UsageDocument {
  private static final int DEPTH = 64;
  private static final long MOST_TOKENS = 1L << 32;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEPTH).build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  /** What some events wrap the message in, and its usage with it. */
  private static final List<String> WRAPPERS = List.of("message", "response");

  private final JsonParser parser;
  private final ByteArrayFeeder feeder;
  private final ShortStrings strings = new ShortStrings();
  private final List<String> path = new ArrayList<>();
  private final Map<String, @Nullable Long> usage = new HashMap<>();
  private final Map<String, Long> iterations = new HashMap<>();
  private String name = "";
  private String type = "";
  private boolean error;
  private boolean unreadable;
  private boolean cut;
  private int finished;

  UsageDocument() {
    try {
      parser = FACTORY.createNonBlockingByteArrayParser();
      feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
    } catch (IOException e) {
      throw new UncheckedIOException("a parser of nothing yet has nothing to fail at", e);
    }
  }

  /** Takes the bytes of {@code piece} between the two places. */
  void take(byte[] piece, int from, int end) {
    if (unreadable) {
      return;
    }
    strings.take(piece, from, end);
    if (strings.length() == 0) {
      return;
    }
    try {
      feeder.feedInput(strings.left(), 0, strings.length());
      read();
    } catch (IOException e) {
      unreadable = true; // The client gets the bytes as they are, whatever they are.
    }
  }

  /** There are no more. */
  void end() {
    if (unreadable) {
      return;
    }
    try {
      feeder.endOfInput();
      read();
    } catch (JsonEOFException e) {
      cut = true;
    } catch (IOException e) {
      unreadable = true;
    }
  }

  /** Whether it ended in the middle; of one that cannot be read nobody knows. */
  boolean isCut() {
    return cut;
  }

  private void read() throws IOException {
    JsonToken token = parser.nextToken();
    while (token != null && token != JsonToken.NOT_AVAILABLE) {
      take(token);
      token = parser.nextToken();
    }
  }

  private void take(JsonToken token) throws IOException {
    switch (token) {
      case FIELD_NAME -> name = parser.currentName();
      case START_OBJECT -> {
        error |= path.size() == 1 && name.equals("error");
        path.add(name);
      }
      case START_ARRAY -> path.add(name + "[]");
      case END_OBJECT, END_ARRAY -> path.removeLast();
      case VALUE_STRING -> {
        if (path.size() == 1 && name.equals("type")) {
          type = parser.getText();
        }
        finished += isFinish() ? 1 : 0;
      }
      case VALUE_NUMBER_INT -> {
        if (isUsage(path.size())) {
          usage.put(name, plausible());
        } else if (isIteration()) {
          Long number = plausible();
          iterations.merge(name, number == null ? 0 : number, Long::sum);
        }
      }
      default -> {
        // Of no interest here.
      }
    }
  }

  /** A number of tokens; what no request can cost counts as not said. */
  private @Nullable Long plausible() throws IOException {
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      return null;
    }
    long number = parser.getLongValue();
    return number < 0 || number > MOST_TOKENS ? null : number;
  }

  /** One of the requests to models that the provider made of this one, an advisor's say. */
  private boolean isIteration() {
    int depth = path.size() - 2;
    return depth > 0 && isUsage(depth) && path.get(depth).equals("iterations[]");
  }

  private boolean isUsage(int depth) {
    return (depth == 2 || (depth == 3 && WRAPPERS.contains(path.get(1))))
        && path.get(depth - 1).equals("usage");
  }

  private boolean isFinish() {
    return path.size() == 3 && path.get(1).equals("choices[]") && name.equals("finish_reason");
  }

  /** How many choices of Chat Completions it says to be finished. */
  int finished() {
    return finished;
  }

  /** Its member {@code type}; empty without one. */
  String type() {
    return type;
  }

  /** Whether it holds an error. */
  boolean hasError() {
    return error;
  }

  /** That number as its usage sums it up; null when it is not there. */
  @Nullable Long sum(String name) {
    return usage.get(name);
  }

  /** The sum of that number over all iterations of its usage; null when none has it. */
  @Nullable Long iterated(String name) {
    return iterations.get(name);
  }
}
