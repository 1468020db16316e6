package dev.chitin.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads a stream of server-sent events line by line. */
final class EventReader implements AutoCloseable {
  private final InputStream stream;
  private final BufferedReader lines;

  EventReader(Agent agent, String path, @Nullable String lastEventId)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = agent.request(path).header("accept", "text/event-stream");
    if (lastEventId != null) {
      request.header("last-event-id", lastEventId);
    }
    stream = agent.open(request.build());
    lines = new BufferedReader(new InputStreamReader(stream, UTF_8));
  }

  /** The lines to the first that is wanted, it included, or to the end of the stream. */
  List<String> until(Predicate<String> wanted) throws IOException {
    List<String> read = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      read.add(line);
      if (wanted.test(line)) {
        break;
      }
    }
    return read;
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
