package dev.chitin.gateway.auth.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.chitin.gateway.logging.LoggedLines;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CRLException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is taken for the list of revoked certificates when its file is read again. */
class RevocationListTest {
  private static final String PLACE = "/etc/chitin/crl.pem";
  private static final Instant NOW = Instant.parse("2027-01-15T08:00:00Z");

  private final Vertx vertx = Vertx.vertx();
  private final LoggedLines logged = LoggedLines.of(RevocationList.class, PLACE);
  private final AtomicLong seconds = new AtomicLong();
  private final TestAuthority authority;
  private final X509Certificate client;
  private volatile byte[] document;
  private volatile @Nullable Exception failure;
  private @Nullable RevocationList list;
  @TempDir private Path directory = Path.of("");

  RevocationListTest() throws Exception {
    authority = new TestAuthority("CN=clients", NOW);
    client = authority.client(7);
    document = authority.list(-60).signed();
  }

  private static IOException passing() {
    return new IOException("Too many open files");
  }

  private final class Source implements CrlSource {
    @Override
    public byte[] read() throws IOException, CRLException {
      return switch (failure) {
        case IOException passing -> throw passing;
        case CRLException lasting -> throw lasting;
        case RuntimeException stumble -> throw stumble;
        case null, default -> document;
      };
    }

    @Override
    public String place() {
      return PLACE;
    }
  }

  @BeforeEach
  void listen() {}

  @AfterEach
  void stop() {
    if (list != null) {
      list.close();
    }
    logged.close();
    vertx.close().await();
  }

  private RevocationList start() throws Exception {
    list =
        new RevocationList(
            vertx,
            new Source(),
            List.of(authority.certificate()),
            () -> NOW.plusSeconds(seconds.get()),
            () -> Duration.ofSeconds(seconds.get()).toNanos(),
            () -> {});
    return list;
  }

  private List<String> errors() {
    return logged.messages(Level.ERROR);
  }

  @Test
  void aPassingFailureKeepsTheListForFiveMinutesAndIsLoggedOnce() throws Exception {
    document = authority.list(-60).revoking(7).signed();
    RevocationList lists = start();
    failure = passing();
    for (int i = 0; i < 3; i++) {
      assertThat(lists.look()).isFalse();
    }
    assertThat(lists.revokes(client)).contains(true);
    assertThat(lists.revokes(authority.client(8))).contains(false);
    assertThat(errors())
        .singleElement()
        .asString()
        .contains(PLACE, "Too many open files", "five minutes");
    seconds.addAndGet(RevocationList.PATIENCE.toSeconds());
    lists.look();
    assertThat(lists.revokes(client)).contains(true);
    seconds.addAndGet(1);
    assertThat(lists.revokes(client)).isEmpty();
    lists.look();
    assertThat(lists.revokes(client)).isEmpty();
    assertThat(errors()).hasSize(2);
    assertThat(errors().getLast()).contains("no client certificate is taken");
  }

  @Test
  void eachGoodReadingOfTheSameFileBeginsTheFiveMinutesAnew() throws Exception {
    RevocationList lists = start();
    for (int i = 0; i < 4; i++) {
      failure = passing();
      lists.look();
      seconds.addAndGet(RevocationList.PATIENCE.toSeconds());
      assertThat(lists.revokes(client)).contains(false);
      failure = null;
      assertThat(lists.look()).as("nothing else than before").isFalse();
    }
    assertThat(errors()).as("each time it was readable in between").hasSize(4);
  }

  @Test
  void aListThatGoesOutOfDateMeanwhileServesNoLonger() throws Exception {
    document = authority.list(-3_540).signed();
    RevocationList lists = start();
    failure = passing();
    lists.look();
    seconds.addAndGet(60);
    assertThat(lists.revokes(client)).contains(false);
    seconds.addAndGet(1);
    assertThat(lists.revokes(client)).isEmpty();
  }

  @Test
  void howLongTheListWasNotReadIsToldUntilItIs() throws Exception {
    document = authority.list(30).signed();
    RevocationList lists = start();
    assertThat(lists.age()).isZero();
    failure = passing();
    seconds.addAndGet(40);
    lists.look();
    assertThat(lists.age()).isEqualTo(40);
    failure = null;
    lists.look();
    assertThat(lists.age()).isZero();
  }

  @Test
  void aListThatGoesOutOfDateIsLoggedOnce() throws Exception {
    document = authority.list(-3_540).signed();
    RevocationList lists = start();
    seconds.addAndGet(60);
    lists.look();
    assertThat(errors()).isEmpty();
    seconds.addAndGet(1);
    for (int i = 0; i < 3; i++) {
      lists.look();
    }
    assertThat(errors()).hasSize(1);
    assertThat(errors().getFirst())
        .contains(PLACE + " is out of date", "CN=clients", "2027-01-15T08:01:00Z");
    document = authority.list(30).signed();
    lists.look();
    assertThat(lists.revokes(client)).contains(false);
    assertThat(errors()).hasSize(1);
  }

  @Test
  void aFileThatCannotBeReadAtTheStartAnswersNothingUntilItCan() throws Exception {
    failure = passing();
    RevocationList lists = start();
    assertThat(lists.revokes(client)).isEmpty();
    assertThat(errors()).singleElement().asString().contains("no client certificate is taken");
    failure = null;
    assertThat(lists.look()).isTrue();
    assertThat(lists.revokes(client)).contains(false);
  }

  @Test
  void aFileThatIsGoneOrBrokenAnswersNothingAtOnce() throws Exception {
    RevocationList lists = start();
    for (Exception lasting :
        List.of(new CRLException("it does not exist"), new IllegalStateException("not DER"))) {
      failure = lasting;
      lists.look();
      assertThat(lists.revokes(client)).as(lasting.getMessage()).isEmpty();
      failure = passing();
      lists.look();
      assertThat(lists.revokes(client)).as("what was dropped does not come back").isEmpty();
      failure = null;
      lists.look();
      assertThat(lists.revokes(client)).contains(false);
    }
    document = "no list".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    lists.look();
    assertThat(lists.revokes(client)).isEmpty();
  }

  @Test
  void whatIsPassedOverIsLoggedOnceForEachFile() throws Exception {
    var both = new java.io.ByteArrayOutputStream();
    both.writeBytes(authority.list(-60).revoking(7).signed());
    both.writeBytes(authority.list(-600).signed());
    document = both.toByteArray();
    RevocationList lists = start();
    lists.look();
    assertThat(lists.revokes(client)).contains(true);
    assertThat(logged.messages(Level.WARN))
        .singleElement()
        .asString()
        .contains(PLACE, "07:50:00Z of CN=clients");
  }

  @Test
  void aFileIsGoneForbiddenOrTooLargeForGoodAndOtherwiseUnreadableForNow() throws Exception {
    Path file = directory.resolve("crl.pem");
    var source = new CrlFile(file);
    assertThatThrownBy(source::read)
        .isInstanceOf(CRLException.class)
        .hasMessage("it does not exist");
    Files.write(file, document);
    assertThat(source.read()).isEqualTo(document);
    Files.write(file, new byte[(16 << 20) + 1]);
    assertThatThrownBy(source::read)
        .isInstanceOf(CRLException.class)
        .hasMessageContaining("16 MiB");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-wx------"));
    assertThatThrownBy(source::read)
        .isInstanceOf(CRLException.class)
        .hasMessageContaining("may not be read");
    assertThatThrownBy(new CrlFile(directory)::read)
        .isInstanceOf(CRLException.class)
        .hasMessageContaining("no regular file");
  }

  private void put(TestAuthority.Crl next) throws Exception {
    document = next.signed();
    if (list != null) {
      list.look();
    }
  }

  @Test
  void anOlderListDoesNotTakeTheNewerOnesPlaceAndThatIsToldOnce() throws Exception {
    put(authority.list(-60).number(5).revoking(7));
    RevocationList lists = start();
    put(authority.list(-600).number(4).revoking(9));
    lists.look();
    assertThat(lists.revokes(client)).contains(true);
    assertThat(lists.revokes(authority.client(9))).as("what the older one revokes").contains(true);
    assertThat(lists.revokes(authority.client(8))).contains(false);
    assertThat(errors())
        .singleElement()
        .asString()
        .contains(PLACE + " went back", "07:50:00Z of CN=clients is older than that of", "07:59");
    assertThat(lists.trouble().orElseThrow()).contains(PLACE + " went back");
    put(authority.list(-700).number(3));
    assertThat(lists.revokes(client)).as("older still").contains(true);
    put(authority.list(-30).number(6));
    assertThat(lists.revokes(client)).as("the authority took it back").contains(false);
    assertThat(lists.trouble()).isEmpty();
  }

  @Test
  void listsWithoutNumbersGoByTheirTime() throws Exception {
    put(authority.list(-60).revoking(7));
    RevocationList lists = start();
    put(authority.list(-600).number(99));
    assertThat(lists.revokes(client)).contains(true);
    put(authority.list(-60));
    assertThat(lists.revokes(client)).as("made in the same second").contains(false);
  }

  /** Numbers that begin anew, or a clock that was put back: it is newer in the other. */
  @Test
  void aListThatIsNewerInNumberOrTimeIsTaken() throws Exception {
    put(authority.list(-60).number(500).revoking(7));
    RevocationList lists = start();
    put(authority.list(-30).number(1));
    assertThat(lists.revokes(client)).contains(false);
    put(authority.list(-600).number(2).revoking(7));
    assertThat(lists.revokes(client)).contains(true);
    assertThat(errors()).isEmpty();
  }

  @Test
  void aFileThatWasGoneMeanwhileDoesNotGoBackEither() throws Exception {
    put(authority.list(-60).revoking(7));
    RevocationList lists = start();
    failure = new CRLException("it does not exist");
    lists.look();
    assertThat(lists.revokes(client)).isEmpty();
    failure = null;
    put(authority.list(-600));
    assertThat(lists.revokes(client)).contains(true);
  }

  @Test
  void aNewerListThatEndsMeanwhileIsNotFollowedByAnOlderOne() throws Exception {
    put(authority.list(-3_540).number(5).revoking(7));
    RevocationList lists = start();
    put(authority.list(-3_550).number(4));
    seconds.addAndGet(61);
    lists.look();
    assertThat(lists.revokes(client)).isEmpty();
    assertThat(lists.trouble().orElseThrow()).contains("is out of date");
  }

  @Test
  void aDeltaListGoesWithAWholeListThatHasItsChangesAndNoSooner() throws Exception {
    var both = new java.io.ByteArrayOutputStream();
    both.writeBytes(authority.list(-600).number(5).signed());
    both.writeBytes(authority.list(-60).number(6).deltaSince(5).revoking(7).signed());
    document = both.toByteArray();
    RevocationList lists = start();
    put(authority.list(-600).number(5));
    assertThat(lists.revokes(client)).contains(true);
    put(authority.list(-50).number(6));
    assertThat(lists.revokes(client)).contains(false);
  }

  @Test
  void aReadingThatDoesNotEndIsATroubleWhenTheListsServeNoLonger() throws Exception {
    RevocationList lists = start();
    assertThat(lists.trouble()).isEmpty();
    seconds.addAndGet(RevocationList.PATIENCE.toSeconds() + 1);
    assertThat(lists.trouble().orElseThrow()).contains(PLACE, "no client certificate is taken");
    lists.look();
    assertThat(lists.trouble()).isEmpty();
  }
}
