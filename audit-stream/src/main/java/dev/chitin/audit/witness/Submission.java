package dev.chitin.audit.witness;

import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.bus.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * The body of {@code add-checkpoint} (C2SP tlog-witness): {@code old <size>}, the consistency proof
 * from that size, an empty line, the checkpoint.
 *
 * @param old the size that the witness is thought to know
 * @param proof at most {@link #MAX_PROOF} hashes
 * @param note the signed checkpoint
 */
record Submission(long old, List<Digest> proof, SignedNote note) {
  /** Longest body, in bytes. */
  static final int MAX_BYTES = SignedNote.MAX_BYTES + 8_192;

  static final int MAX_PROOF = 63;

  private static final String OLD = "old ";

  static Submission parse(byte[] body) throws NoteSyntaxException {
    String text = new String(body, StandardCharsets.UTF_8);
    int border = text.indexOf("\n\n");
    if (body.length > MAX_BYTES || !text.startsWith(OLD) || border < 0) {
      throw new NoteSyntaxException("the body is an old size, a proof and a checkpoint");
    }
    List<String> lines = List.of(text.substring(OLD.length(), border).split("\n", -1));
    if (lines.size() > MAX_PROOF + 1) {
      throw new NoteSyntaxException("the proof has more than " + MAX_PROOF + " hashes");
    }
    return new Submission(
        Checkpoint.number(lines.getFirst()),
        TlogProof.hashes(lines.subList(1, lines.size())),
        SignedNote.parse(text.substring(border + 2).getBytes(StandardCharsets.UTF_8)));
  }

  byte[] bytes() {
    var out = new StringBuilder(OLD).append(old).append('\n');
    proof.forEach(
        hash -> out.append(Base64.getEncoder().encodeToString(hash.borrow())).append('\n'));
    return out.append('\n').append(note).toString().getBytes(StandardCharsets.UTF_8);
  }
}
