package dev.chitin.vault;

/** Lists the secrets of {@code tenant}. */
public record ListRequest(String tenant) {}
