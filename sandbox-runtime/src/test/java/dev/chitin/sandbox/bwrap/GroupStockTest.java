package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Groups that are made ahead, told to a kernel that is played. */
class GroupStockTest {
  private static final Limits FEW = Limits.DEFAULT.with(Member.PROCESSES, 7);
  private static final Limits MANY = Limits.DEFAULT.with(Member.PROCESSES, 70);
  private static final int SIZE = 2;

  private final FakeKernel kernel = new FakeKernel();
  private GroupStock stock = new GroupStock(cgroups(), SIZE);

  @BeforeEach
  void stock() {
    stock = new GroupStock(cgroups(), SIZE);
    kernel.writes.clear();
  }

  private Cgroups cgroups() {
    kernel.version1("/c/pids", "pids");
    CgroupMounts mounts =
        CgroupMounts.read(
            List.of("35 31 0:32 / /c/pids rw,relatime shared:9 - cgroup cgroup rw,pids"),
            List.of("4:pids:/", "0::/"));
    try {
      return Cgroups.detect(mounts, "chitin", Instance.here(), kernel);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<Path> groups() {
    return kernel.contents.keySet().stream()
        .filter(path -> String.valueOf(path.getFileName()).startsWith("run-"))
        .toList();
  }

  @Test
  void whatIsReadyWasLimitedBeforeItIsWanted() throws IOException {
    stock.take(FEW);
    stock.refill();
    assertThat(groups()).hasSize(1 + SIZE);
    assertThat(kernel.writes).hasSize(1 + SIZE).allMatch(write -> write.endsWith("pids.max=9"));
    kernel.writes.clear();
    stock.take(FEW);
    stock.take(FEW);
    assertThat(kernel.writes).isEmpty();
    assertThat(groups()).hasSize(1 + SIZE);
  }

  @Test
  void eachServesOneRun() throws IOException {
    stock.take(FEW);
    stock.refill();
    RunGroup first = stock.take(FEW);
    RunGroup second = stock.take(FEW);
    RunGroup third = stock.take(FEW);
    assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
    assertThat(groups()).hasSize(4);
  }

  @Test
  void aRunWithOtherLimitsGetsItsOwn() throws IOException {
    stock.take(FEW);
    stock.refill();
    kernel.writes.clear();
    stock.take(MANY);
    assertThat(kernel.writes).singleElement().asString().endsWith("pids.max=72");
    stock.refill();
    assertThat(kernel.writes).hasSize(3).allMatch(write -> write.endsWith("pids.max=72"));
    assertThat(groups()).as("those of the other limits are gone").hasSize(2 + SIZE);
  }

  @Test
  void aKernelThatDoesNotTakeALimitIsToldToTheCallAndNotBefore() throws IOException {
    stock.take(FEW);
    kernel.inert.add("pids.max");
    stock.refill();
    assertThat(groups()).hasSize(1);
    assertThatThrownBy(() -> stock.take(FEW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("pids.max was set to 9");
  }

  @Test
  void nothingStaysAndNothingIsMadeAfterTheEnd() throws IOException {
    stock.take(FEW);
    stock.refill();
    stock.close();
    stock.refill();
    assertThat(groups()).as("the run's own").hasSize(1);
  }
}
