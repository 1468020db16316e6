package dev.chitin.gateway.auth.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which of several lists in one file counts. */
class RevocationListsTest {
  private static final Instant NOW = Instant.parse("2027-01-15T08:00:00Z");

  private final TestAuthority authority;
  private final X509Certificate client;

  RevocationListsTest() throws Exception {
    authority = new TestAuthority("CN=clients", NOW);
    client = authority.client(7);
  }

  /** One PEM text of them, in this order. */
  private static byte[] file(List<TestAuthority.Crl> lists) throws Exception {
    var file = new ByteArrayOutputStream();
    for (TestAuthority.Crl one : lists) {
      String pem =
          "-----BEGIN X509 CRL-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(one.signed())
              + "\n-----END X509 CRL-----\n";
      file.writeBytes(pem.getBytes(StandardCharsets.US_ASCII));
    }
    return file.toByteArray();
  }

  private RevocationLists read(List<TestAuthority.Crl> lists) throws Exception {
    return RevocationLists.parse(file(lists), List.of(authority.certificate()));
  }

  /** What they say about the client, which has to be the same in either order. */
  private Optional<Boolean> revoked(TestAuthority.Crl... lists) throws Exception {
    List<TestAuthority.Crl> order = new ArrayList<>(List.of(lists));
    Optional<Boolean> said = read(order).revokes(client, NOW);
    Collections.reverse(order);
    assertThat(read(order).revokes(client, NOW)).as("in the other order").isEqualTo(said);
    return said;
  }

  @Test
  void theListMadeLastCountsWhereverItStands() throws Exception {
    assertThat(revoked(authority.list(-60).revoking(7), authority.list(-600))).contains(true);
    assertThat(revoked(authority.list(-60), authority.list(-600).revoking(7))).contains(false);
  }

  @Test
  void theHigherNumberCountsBeforeTheTime() throws Exception {
    assertThat(
            revoked(authority.list(-600).number(300).revoking(7), authority.list(-60).number(299)))
        .contains(true);
    assertThat(revoked(authority.list(-60).number(4), authority.list(-60).number(5).revoking(7)))
        .contains(true);
  }

  @Test
  void theTimeCountsWhereOneOfThemHasNoNumber() throws Exception {
    assertThat(
            revoked(
                authority.list(-600).number(9),
                authority.list(-60).revoking(7),
                authority.list(-300).number(8)))
        .contains(true);
  }

  @Test
  void ofListsThatNothingTellsApartAllCount() throws Exception {
    assertThat(revoked(authority.list(-60).number(5), authority.list(-60).number(5).revoking(7)))
        .contains(true);
  }

  @Test
  void anOldListThatIsOutOfDateDoesNoHarmBesideANewOne() throws Exception {
    assertThat(revoked(authority.list(-7_200).revoking(7), authority.list(-60))).contains(false);
    assertThat(revoked(authority.list(-7_200))).isEmpty();
  }

  @Test
  void aDeltaOrPartialListTakesNoOtherListsPlace() throws Exception {
    assertThat(
            revoked(
                authority.list(-600).number(5).revoking(7),
                authority.list(-60).number(6).deltaSince(5)))
        .contains(true);
    assertThat(
            revoked(
                authority.list(-600).number(5),
                authority.list(-60).number(6).deltaSince(5).revoking(7)))
        .contains(true);
    assertThat(
            revoked(
                authority.list(-600).number(5).part(true).revoking(7),
                authority.list(-60).number(6).part(false)))
        .contains(true);
  }

  @Test
  void eachIssuerHasItsOwnLists() throws Exception {
    var other = new TestAuthority("CN=others", NOW);
    var lists =
        RevocationLists.parse(
            file(List.of(authority.list(-600).revoking(7), other.list(-60))),
            List.of(authority.certificate(), other.certificate()));
    assertThat(lists.revokes(client, NOW)).contains(true);
    assertThat(lists.revokes(other.client(7), NOW)).contains(false);
    assertThat(lists.passedOver()).isEmpty();
  }

  /** An authority that changes its key has two certificates of one name for a while. */
  @Test
  void listsOfOneNameAndTwoKeysAllCount() throws Exception {
    var next = new TestAuthority("CN=clients", NOW);
    for (var authorities :
        List.of(
            List.of(authority.certificate(), next.certificate()),
            List.of(next.certificate(), authority.certificate()))) {
      var lists =
          RevocationLists.parse(
              file(List.of(authority.list(-600).number(8).revoking(7), next.list(-60).number(9))),
              authorities);
      assertThat(lists.revokes(client, NOW)).contains(true);
      assertThat(lists.revokes(next.client(8), NOW)).contains(false);
      assertThat(lists.passedOver()).isEmpty();
    }
  }

  @Test
  void whatIsPassedOverIsNamed() throws Exception {
    assertThat(read(List.of(authority.list(-60), authority.list(-600))).passedOver())
        .containsExactly(
            "the list of 2027-01-15T07:50:00Z of CN=clients, for that of 2027-01-15T07:59:00Z");
  }

  @Test
  void aListOfSomebodyElseOrWithABrokenNumberSpoilsTheFile() throws Exception {
    var stranger = new TestAuthority("CN=clients", NOW);
    assertThatThrownBy(() -> read(List.of(authority.list(-60), stranger.list(-600))))
        .isInstanceOf(GeneralSecurityException.class);
    assertThatThrownBy(() -> read(List.of(authority.list(-60).brokenNumber())))
        .isInstanceOf(GeneralSecurityException.class);
    assertThatThrownBy(() -> read(List.of()))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessageContaining("no list");
  }
}
