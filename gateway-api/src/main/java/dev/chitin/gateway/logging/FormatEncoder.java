package dev.chitin.gateway.logging;

import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;

/** Encodes log lines in the format of the moment; {@code logback.xml} makes it. */
public final class FormatEncoder extends EncoderBase<ILoggingEvent> {
  /** Under which the context of the logs knows it. */
  static final String NAME = "chitin.log.encoder";

  private final PatternLayoutEncoder text = new PatternLayoutEncoder();
  private volatile LogFormat format = LogFormat.TEXT;

  /** The pattern of lines for people. */
  public void setPattern(String pattern) {
    text.setPattern(pattern);
  }

  void use(LogFormat format) {
    this.format = format;
  }

  @Override
  public void start() {
    text.setContext(getContext());
    text.start();
    getContext().putObject(NAME, this);
    super.start();
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    return format == LogFormat.JSON ? JsonLine.of(event) : text.encode(event);
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
