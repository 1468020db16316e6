package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.policy.SpentDecisions.Mark;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is spent stays spent for as long as its decision counts, and no longer than twice that. */
class SpentDecisionsTest {
  private static final long LIFETIME = 1_000;
  private static final int MOST = 50;

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - LIFETIME / 2);
  private final SpentDecisions spent = new SpentDecisions(clock::get, LIFETIME, MOST);

  private static Bytes mac(int number) {
    return Bytes.adopt(Digest.ofUtf8("decision " + number).toArray());
  }

  private Mark spend(int number) {
    return spent.spend(mac(number), clock.get() + LIFETIME);
  }

  /** Whichever moment of a generation it was spent in, and whatever comes in between. */
  @Test
  void aDecisionThatCountsIsNeverSpentTwice() {
    var random = new Random(5);
    for (int round = 0; round < 2_000; round++) {
      int decision = 2 * round;
      spend(2 * random.nextInt(1 << 28) + 1);
      clock.addAndGet(random.nextInt((int) LIFETIME));
      long expires = clock.get() + LIFETIME;
      assertThat(spent.spend(mac(decision), expires)).isEqualTo(Mark.SET);
      while (expires - clock.get() > 0) {
        assertThat(spent.spend(mac(decision), expires)).isEqualTo(Mark.SPENT);
        if (random.nextInt(4) == 0) {
          assertThat(spend(2 * random.nextInt(1 << 28) + 1)).isIn(Mark.SET, Mark.FULL);
        }
        clock.addAndGet(1 + random.nextInt((int) LIFETIME / 2));
      }
      assertThat(spent.spend(mac(decision), expires)).isEqualTo(Mark.EXPIRED);
    }
  }

  @Test
  void atTheBoundNothingIsForgottenAndNothingIsSet() {
    for (int i = 0; i < MOST; i++) {
      assertThat(spend(i)).isEqualTo(Mark.SET);
    }
    assertThat(spend(MOST)).isEqualTo(Mark.FULL);
    for (int i = 0; i < MOST; i++) {
      assertThat(spend(i)).isEqualTo(Mark.SPENT);
    }
    assertThat(spend(MOST)).isEqualTo(Mark.FULL);
  }

  @Test
  void roomComesBackWithinTwoLifetimes() {
    for (int i = 0; i < MOST; i++) {
      spend(i);
    }
    clock.addAndGet(LIFETIME);
    assertThat(spend(MOST)).isEqualTo(Mark.FULL);
    clock.addAndGet(LIFETIME);
    for (int i = 0; i < MOST; i++) {
      assertThat(spend(MOST + i)).isEqualTo(Mark.SET);
    }
  }

  @Test
  void theTableAgreesWithASetOfNamesAlsoWhereAllCollide() {
    var table = new NameTable();
    Set<ByteBuffer> names = new HashSet<>();
    var random = new Random(7);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 20_000; i++) {
        long high = (long) random.nextInt(64) << 40 | random.nextInt(200);
        long low = random.nextInt(100) * 2L + 1;
        boolean fresh = names.add(ByteBuffer.allocate(16).putLong(high).putLong(low).flip());
        assertThat(table.contains(high, low)).isEqualTo(!fresh);
        if (fresh) {
          table.add(high, low);
        }
        assertThat(table.size()).isEqualTo(names.size());
      }
      table.clear();
      names.clear();
      assertThat(table.contains(0, 0)).isFalse();
    }
  }
}
