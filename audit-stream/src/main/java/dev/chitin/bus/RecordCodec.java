package dev.chitin.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/**
 * Hands an immutable record across the bus of one node by reference. Between nodes the same codec
 * is the place of a versioned, size-limited binary form; until clustering is there, it refuses.
 */
final class RecordCodec<T> implements MessageCodec<T, T> {
  private final Class<T> type;

  RecordCodec(Class<T> type) {
    this.type = type;
  }

  @Override
  public void encodeToWire(Buffer buffer, T value) {
    throw new UnsupportedOperationException(name() + " stays on its node: clustering is not built");
  }

  @Override
  public T decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException(name() + " stays on its node: clustering is not built");
  }

  @Override
  public T transform(T value) {
    return value;
  }

  @Override
  public String name() {
    return "chitin." + type.getSimpleName();
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
