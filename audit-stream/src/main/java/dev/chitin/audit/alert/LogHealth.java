package dev.chitin.audit.alert;

/**
 * How the log stands at one moment.
 *
 * @param size durable entries
 * @param freeBytes free space under it
 * @param checkpointSize entries that the newest checkpoint covers
 * @param cosignedSize entries that the newest cosigned checkpoint covers
 * @param witnessed whether somebody is named to cosign it
 */
public record LogHealth(
    long size, long freeBytes, long checkpointSize, long cosignedSize, boolean witnessed) {}
