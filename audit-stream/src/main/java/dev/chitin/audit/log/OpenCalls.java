package dev.chitin.audit.log;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The calls that were authorized and have no end yet, with the places of their entries. Admission
 * keeps it at {@link #MAX} or fewer. Not safe for use by several threads.
 */
final class OpenCalls {
  /** Most calls that may be open; more are refused before they are authorized. */
  static final int MAX = 16_384;

  /**
   * Where an entry stands.
   *
   * @param index of the entry
   * @param segment first index of its segment
   * @param offset of the entry's length field in the segment file
   */
  record Place(long index, long segment, long offset) {
    static final int BYTES = 3 * Long.BYTES;
  }

  private final Map<String, Place> places = new LinkedHashMap<>();

  /** Takes note of one entry of the log, in the log's order. */
  void observe(byte[] entry, Place place) {
    CallStation.of(entry)
        .ifPresent(
            station -> {
              if (station.opens()) {
                places.put(station.callId(), place);
              } else {
                places.remove(station.callId());
              }
            });
  }

  int size() {
    return places.size();
  }

  /** The places, oldest first. */
  List<Place> places() {
    return new ArrayList<>(places.values());
  }
}
