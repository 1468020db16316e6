package dev.chitin.audit.note;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.TestSigner;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Notes, keys and checkpoints against the published vectors and hostile forms. */
class SignedNoteTest {
  private static final String NAME = "chitin.example/audit/n1";
  private static final String VKEY =
      NAME + "+f0a21c74+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
  private static final String NOTE =
      NAME
          + "\n7\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=\n\n"
          + "\u2014 "
          + NAME
          + " 8KIcdMLGQwpYAAz68Nkdly1iWlT7rL/mXySRBactmct+gIpS9jZf0/clHJ4qjaDV6QxloBE3S5JqVLAWV9fHIizUnQE=\n";

  private final TestSigner signer = TestSigner.ofVectors(NAME);
  private final VerifierKey key = signer.verifierKey();

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theKeyAndTheCheckpointAreThoseOfTheVectors() throws NoteSyntaxException {
    assertThat(key).hasToString(VKEY);
    assertThat(VerifierKey.parse(VKEY)).contains(key);
    Digest root =
        Digest.ofBytes(Base64.getDecoder().decode("6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0="));
    var checkpoint = new Checkpoint(NAME, 7, root);
    String text = checkpoint.text();
    SignedNote note = SignedNote.of(text, key, signer.sign(utf8(text)));
    assertThat(note).hasToString(NOTE);
    SignedNote read = SignedNote.parse(utf8(NOTE));
    assertThat(read).isEqualTo(note);
    assertThat(read.signedBy(List.of(key))).containsExactly(key);
    assertThat(Checkpoint.parse(read.text())).isEqualTo(checkpoint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        NAME + "+f0a21c75+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME + "+F0A21C74+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "other+f0a21c74+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME + "+f0a21c74+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME + "+f0a21c74+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG=",
        "a b+f0a21c74+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
      })
  void otherKeysAreRefused(String text) {
    assertThat(VerifierKey.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "a\n",
        "a\n\n",
        "a\n\nb\n",
        "a\n\n\u2014 n\n",
        "a\n\n\u2014  AAAAAAE=\n",
        "a\n\n\u2014 n AAAAAAE=",
        "a\n\n\u2014 n AAAA\n",
        "a\n\n\u2014 n AAAAAAF=\n",
        "a\r\n\n\u2014 n AAAAAAE=\n",
        "a\u0000\n\n\u2014 n AAAAAAE=\n",
        "a\n\n- n AAAAAAE=\n",
        "a\n\n\u2014 n AAAAAAE=\nx\n"
      })
  void whatIsNoNoteIsRefused(String text) {
    assertThatThrownBy(() -> SignedNote.parse(utf8(text))).isInstanceOf(NoteSyntaxException.class);
  }

  @Test
  void aNoteTooLargeOrWithTooManySignaturesIsRefused() {
    String line = "\u2014 n AAAAAAE=\n";
    assertThatThrownBy(() -> SignedNote.parse(utf8("a\n\n" + line.repeat(65))))
        .isInstanceOf(NoteSyntaxException.class);
    assertThatThrownBy(() -> SignedNote.parse(utf8("a".repeat(66_000) + "\n\n" + line)))
        .isInstanceOf(NoteSyntaxException.class);
    byte[] latin = (NOTE + "x").getBytes(StandardCharsets.UTF_16LE);
    assertThatThrownBy(() -> SignedNote.parse(latin)).isInstanceOf(NoteSyntaxException.class);
  }

  @Test
  void unknownSignaturesAreIgnoredAndAWrongOneOfAKnownKeyRejectsTheNote() throws Exception {
    TestSigner other = TestSigner.of("other.example/log", 9);
    SignedNote note = SignedNote.parse(utf8(NOTE));
    SignedNote both =
        note.with(
            SignedNote.of(note.text(), other.verifierKey(), other.sign(utf8(note.text())))
                .signatures());
    assertThat(both.signedBy(List.of(key))).containsExactly(key);
    assertThat(both.signedBy(List.of(key, other.verifierKey()))).hasSize(2);
    assertThat(note.signedBy(List.of(other.verifierKey()))).isEmpty();
    SignedNote forged =
        note.with(SignedNote.of(note.text(), other.verifierKey(), new byte[64]).signatures());
    assertThat(forged.signedBy(List.of(key))).containsExactly(key);
    assertThatThrownBy(() -> forged.signedBy(List.of(key, other.verifierKey())))
        .isInstanceOf(NoteSyntaxException.class);
    SignedNote moved = new SignedNote(note.text().replace("\n7\n", "\n8\n"), note.signatures());
    assertThatThrownBy(() -> moved.signedBy(List.of(key))).isInstanceOf(NoteSyntaxException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "o\n7\n",
        "\n7\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=\n",
        "o\n07\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=\n",
        "o\n-7\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=\n",
        "o\n9999999999999999999\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=\n",
        "o\n7\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0\n",
        "o\n7\nAAAA\n",
        "o\n7\n6cbV7VEnsBt5QB48I9xhI2QC+/96slqu34GAhl2pSs0=\nextension\n"
      })
  void whatIsNoCheckpointIsRefused(String text) {
    assertThatThrownBy(() -> Checkpoint.parse(text)).isInstanceOf(NoteSyntaxException.class);
  }

  @Test
  void aCosignatureCoversItsTimeAndTheCheckpoint() throws NoteSyntaxException {
    TestSigner witness = TestSigner.of("witness.example/w1", 5);
    var cosigner =
        new VerifierKey(witness.name(), VerifierKey.Type.COSIGNATURE, witness.publicKey());
    SignedNote note = SignedNote.parse(utf8(NOTE));
    byte[] text = utf8(note.text());
    byte[] signature = witness.sign(Cosignature.message(1_700_000_000, text));
    byte[] blob = new Cosignature(1_700_000_000, Bytes.adopt(signature)).blob();
    assertThat(cosigner.verifies(text, blob)).isTrue();
    byte[] later = new Cosignature(1_700_000_001, Bytes.adopt(signature)).blob();
    assertThat(cosigner.verifies(text, later)).isFalse();
    assertThat(cosigner.verifies(utf8("another\n"), blob)).isFalse();
    assertThat(cosigner.verifies(text, signature)).isFalse();
    assertThat(cosigner.id()).isNotEqualTo(witness.verifierKey().id());
    assertThat(VerifierKey.parse(cosigner.toString())).contains(cosigner);
  }

  @Test
  void aProofIsWrittenAndReadBack() throws NoteSyntaxException {
    List<Digest> path =
        TlogProof.hashes(
            List.of(
                "el9IKrsNpCo+KtBVIwfm/pg0I71PaE6ReG0gDWP6PtA=",
                "hkH548xF2RdwxU4+XUd9PO7ztp8GA8EgsuKSk2RIBtU="));
    var proof = new TlogProof(6, path, SignedNote.parse(utf8(NOTE)));
    String file = new String(proof.bytes(), StandardCharsets.UTF_8);
    assertThat(file)
        .isEqualTo(
            "c2sp.org/tlog-proof@v1\nindex 6\n"
                + "el9IKrsNpCo+KtBVIwfm/pg0I71PaE6ReG0gDWP6PtA=\n"
                + "hkH548xF2RdwxU4+XUd9PO7ztp8GA8EgsuKSk2RIBtU=\n\n"
                + NOTE);
    assertThat(TlogProof.parse(proof.bytes())).isEqualTo(proof);
    String withExtra = file.replace("index 6", "extra AAAA\nindex 6");
    assertThat(TlogProof.parse(utf8(withExtra))).isEqualTo(proof);
    assertThat(proof.shows(Digest.of(new byte[] {0}, utf8("{\"i\":6}")))).isTrue();
    assertThat(proof.shows(Digest.of(new byte[] {0}, utf8("{\"i\":5}")))).isFalse();
    for (String bad : List.of("c2sp.org/tlog-proof@v2", "index 06", "index -6")) {
      String changed =
          file.replace(bad.startsWith("c2sp") ? "c2sp.org/tlog-proof@v1" : "index 6", bad);
      assertThatThrownBy(() -> TlogProof.parse(utf8(changed)))
          .isInstanceOf(NoteSyntaxException.class);
    }
  }
}
