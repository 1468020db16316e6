package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectionsTest {
  private final Connections connections = new Connections(3, 2);

  @Test
  void oneAddressHasItsShareAndNoMore() {
    assertThat(connections.enter("a")).isTrue();
    assertThat(connections.enter("a")).isTrue();
    assertThat(connections.enter("a")).isFalse();
    assertThat(connections.enter("b")).isTrue();
    assertThat(connections.open()).isEqualTo(3);
    assertThat(connections.refused()).isEqualTo(1);
  }

  @Test
  void allTogetherHaveNoMoreThanThereIs() {
    connections.enter("a");
    connections.enter("b");
    connections.enter("c");
    assertThat(connections.enter("d")).isFalse();
    connections.leave("a");
    assertThat(connections.enter("d")).isTrue();
    assertThat(connections.open()).isEqualTo(3);
  }
}
