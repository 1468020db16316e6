package dev.chitin.audit;

import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.VerifierKey;
import java.util.Optional;

/**
 * What whoever verifies a log knows from elsewhere.
 *
 * @param key the log's verifier key; without it the one that lies beside the log is used, which
 *     shows nothing against somebody who can write there
 * @param since a checkpoint that was seen earlier, which the log has to extend
 */
public record Expectations(Optional<VerifierKey> key, Optional<Published> since) {
  /** Nothing. */
  public static final Expectations NONE = new Expectations(Optional.empty(), Optional.empty());

  /** The same with a checkpoint that was seen earlier, as signed note. */
  public Expectations since(byte[] note) throws NoteSyntaxException {
    return new Expectations(key, Optional.of(Published.parse(note)));
  }

  /** The same with the log's key. */
  public Expectations key(VerifierKey known) {
    return new Expectations(Optional.of(known), since);
  }
}
