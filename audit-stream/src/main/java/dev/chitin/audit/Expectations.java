package dev.chitin.audit;

import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.VerifierKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What whoever verifies a log knows from elsewhere.
 *
 * @param keys verifier keys of the log, each of which is trusted; without any those that lie beside
 *     the log are used, which shows nothing against somebody who can write there
 * @param since a checkpoint that was seen earlier, which the log has to extend
 */
public record Expectations(List<VerifierKey> keys, Optional<Published> since) {
  /** Nothing. */
  public static final Expectations NONE = new Expectations(List.of(), Optional.empty());

  public Expectations {
    keys = List.copyOf(keys);
  }

  /** The same with a checkpoint that was seen earlier, as signed note. */
  public Expectations since(byte[] note) throws NoteSyntaxException {
    return new Expectations(keys, Optional.of(Published.parse(note)));
  }

  /** The same with a key of the log, or one more of them. */
  public Expectations key(VerifierKey known) {
    var all = new ArrayList<>(keys);
    all.add(known);
    return new Expectations(all, since);
  }
}
