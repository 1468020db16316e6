package dev.chitin.vault.memory;

/**
 * How secret memory stands.
 *
 * @param level how well it is kept
 * @param capacityBytes how much there is
 * @param usedBytes how much is lent out
 * @param refusals how often there was no room
 * @param unclosed how many pieces the garbage collector found that nobody had closed; each is a
 *     defect of the program
 */
public record MemoryUse(
    MemoryLevel level, long capacityBytes, long usedBytes, long refusals, long unclosed) {}
