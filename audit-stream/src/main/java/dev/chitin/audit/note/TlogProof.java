package dev.chitin.audit.note;

import dev.chitin.audit.tree.Proofs;
import dev.chitin.bus.Digest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Everything that shows an entry to be in a log, but the entry (C2SP tlog-proof).
 *
 * @param index of the entry
 * @param path its audit path, its sibling first; at most 63 hashes
 * @param checkpoint the signed checkpoint, with all its cosignatures
 */
public record TlogProof(long index, List<Digest> path, SignedNote checkpoint) {
  private static final String MAGIC = "c2sp.org/tlog-proof@v1\n";
  private static final int MAX_PATH = 63;

  public TlogProof {
    path = List.copyOf(path);
  }

  /** Reads a proof. An {@code extra} line is allowed and left out: nothing authenticates it. */
  public static TlogProof parse(byte[] file) throws NoteSyntaxException {
    if (file.length > 2 * SignedNote.MAX_BYTES) {
      throw new NoteSyntaxException("the proof is too long");
    }
    String text = SignedNote.utf8(file);
    int border = text.indexOf("\n\n");
    if (!text.startsWith(MAGIC) || border < 0) {
      throw new NoteSyntaxException("not a proof of the form c2sp.org/tlog-proof@v1");
    }
    var lines = new ArrayList<>(List.of(text.substring(MAGIC.length(), border).split("\n", -1)));
    if (lines.getFirst().startsWith("extra ")) {
      SignedNote.base64(lines.removeFirst().substring("extra ".length()));
    }
    if (lines.isEmpty() || !lines.getFirst().startsWith("index ") || lines.size() > MAX_PATH + 1) {
      throw new NoteSyntaxException("a proof has an index and at most 63 hashes");
    }
    long index = Checkpoint.number(lines.removeFirst().substring("index ".length()));
    byte[] note = text.substring(border + 2).getBytes(StandardCharsets.UTF_8);
    return new TlogProof(index, hashes(lines), SignedNote.parse(note));
  }

  /** Reads hashes, one base64 line each. */
  public static List<Digest> hashes(List<String> lines) throws NoteSyntaxException {
    var hashes = new ArrayList<Digest>(lines.size());
    for (String line : lines) {
      byte[] hash = SignedNote.base64(line);
      if (hash.length != 32) {
        throw new NoteSyntaxException("a hash has 32 bytes");
      }
      hashes.add(Digest.ofBytes(hash));
    }
    return hashes;
  }

  /**
   * Whether it shows that the log has the entry with that leaf hash; the signatures are for the
   * caller to check.
   */
  public boolean shows(Digest leaf) throws NoteSyntaxException {
    Checkpoint tree = Checkpoint.parse(checkpoint.text());
    return Proofs.includes(index, leaf, path, tree.size(), tree.root());
  }

  /** The proof as it is written. */
  public byte[] bytes() {
    var out = new StringBuilder(MAGIC).append("index ").append(index).append('\n');
    path.forEach(
        hash -> out.append(Base64.getEncoder().encodeToString(hash.borrow())).append('\n'));
    return out.append('\n').append(checkpoint).toString().getBytes(StandardCharsets.UTF_8);
  }
}
