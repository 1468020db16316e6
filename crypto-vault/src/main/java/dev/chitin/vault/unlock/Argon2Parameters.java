package dev.chitin.vault.unlock;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.store.Slot;
import java.lang.management.ManagementFactory;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The cost of Argon2id (RFC 9106). A slot records it; what a slot records is checked against floor
 * and ceiling before anything is derived, since whoever can write the header must not choose it.
 *
 * @param memoryKib m
 * @param passes t
 * @param lanes p
 * @param salt 16 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // written, read and never compared
public record Argon2Parameters(int memoryKib, int passes, int lanes, byte[] salt) {
  /** A named cost. */
  public enum Profile {
    /** Below the recommendation; for small devices, by name only. */
    OWASP_MIN("owasp-min", 19 * 1_024, 2, 1),
    DEFAULT("default", 64 * 1_024, 3, 1),
    STRONG("strong", 256 * 1_024, 3, 1),
    LARGE("large", 1_024 * 1_024, 1, 4),
    RFC9106_FIRST("rfc9106-first", 2_048 * 1_024, 1, 4);

    private final String text;
    private final int memoryKib;
    private final int passes;
    private final int lanes;

    Profile(String text, int memoryKib, int passes, int lanes) {
      this.text = text;
      this.memoryKib = memoryKib;
      this.passes = passes;
      this.lanes = lanes;
    }

    public String text() {
      return text;
    }

    /** The profile of that name. */
    public static Optional<Profile> of(String name) {
      return List.of(values()).stream().filter(p -> p.text.equals(name)).findFirst();
    }

    public static List<String> names() {
      return List.of(values()).stream().map(Profile::text).toList();
    }
  }

  private static final int SALT_BYTES = 16;
  private static final int MAX_MEMORY_KIB = 2_048 * 1_024;
  private static final int MAX_PASSES = 10;
  private static final int MAX_LANES = 8;

  /** The parameters of {@code profile}. */
  public static Argon2Parameters of(Profile profile, byte[] salt) {
    return new Argon2Parameters(profile.memoryKib, profile.passes, profile.lanes, salt);
  }

  /** As it stands in a slot. */
  public String text() {
    return "m="
        + memoryKib
        + ";t="
        + passes
        + ";p="
        + lanes
        + ";salt="
        + HexFormat.of().formatHex(salt);
  }

  /**
   * The parameters of {@code slot}, within bounds.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.slot_invalid}
   */
  public static Argon2Parameters read(Slot slot) {
    try {
      var read =
          new Argon2Parameters(
              number(slot, "m"),
              number(slot, "t"),
              number(slot, "p"),
              HexFormat.of().parseHex(slot.parameter("salt").orElse("")));
      read.check(Argon2Parameters::memoryOfMachine);
      return read;
    } catch (NumberFormatException e) {
      throw outside("The slot's Argon2id parameters cannot be read.");
    } catch (IllegalArgumentException e) {
      throw outside("The slot's Argon2id salt cannot be read.");
    }
  }

  private static int number(Slot slot, String name) {
    return Integer.parseInt(slot.parameter(name).orElse(""));
  }

  /**
   * Refuses what lies outside of floor and ceiling.
   *
   * @param machineBytes memory that there is
   */
  public void check(LongSupplier machineBytes) {
    boolean floor =
        (memoryKib >= Profile.DEFAULT.memoryKib && passes >= Profile.DEFAULT.passes)
            || (memoryKib >= Profile.LARGE.memoryKib && passes >= 1)
            || (memoryKib == Profile.OWASP_MIN.memoryKib && passes >= Profile.OWASP_MIN.passes);
    if (!floor || lanes < 1 || salt.length != SALT_BYTES) {
      throw outside("The slot's Argon2id parameters are below the floor of 64 MiB, 3, 1.");
    }
    if (memoryKib > MAX_MEMORY_KIB || passes > MAX_PASSES || lanes > MAX_LANES) {
      throw outside("The slot's Argon2id parameters are above the ceiling of 2 GiB, 10, 8.");
    }
    if (memoryKib > machineBytes.getAsLong() / 2 / 1_024) {
      throw outside("The slot's Argon2id parameters take more than half of the memory there is.");
    }
  }

  static long memoryOfMachine() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getTotalMemorySize();
  }

  private static RuntimeException outside(String detail) {
    return Problem.of(ProblemCode.VAULT_SLOT_INVALID, detail)
        .withRule("slot.argon2")
        .withHint("Use another slot, or restore the vault's header from a backup.")
        .toException();
  }
}
