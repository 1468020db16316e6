package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Digest;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Walks every record component of a plan, so that a new one cannot stay out of the digest. */
class PlanDigestTest {
  private static final Digest D = Digest.ofUtf8("d");

  private static ExecutionPlan plan(Invocation invocation) {
    return new ExecutionPlan(
        "call",
        new Principal("t", "p", Set.of("r")),
        "s",
        "tool",
        D,
        new Capabilities(List.of("/r"), List.of("/w"), List.of("h"), List.of("c")),
        "bwrap",
        invocation,
        List.of(new Mount("/s", "/t", false, "1:2")),
        List.of("/t/hidden"),
        List.of(new EgressRule("https", "h", 443)),
        List.of(new CredentialRef("n", "https", "h", 443, "header", "f", "raw")),
        Limits.DEFAULT,
        D,
        new Labels("user", "internal", Map.of("a", "b")),
        D,
        1,
        2,
        "node");
  }

  private static final List<Invocation> INVOCATIONS =
      List.of(
          new Invocation.NativeProcess(
              List.of("a"),
              "/a",
              "/",
              List.of("E"),
              D,
              List.of(new Invocation.ExecutedFile("/a", D)),
              List.of(0),
              true,
              List.of(new DeclaredOutput("report", "report.json", 100, true))),
          new Invocation.FileAccess(
              "read", new Invocation.FileTarget("/r", "/r", "/", "1:1", true)),
          new Invocation.HttpRequest("GET", "https", "h", 443, "/", List.of("x"), D),
          new Invocation.VerticleCall("a"));

  @Test
  void theSamePlanHasTheSameBytes() {
    for (Invocation invocation : INVOCATIONS) {
      assertThat(SealedPlan.seal(plan(invocation)).bytes())
          .isEqualTo(SealedPlan.seal(plan(invocation)).bytes());
    }
  }

  @Test
  void rolesInAnotherOrderAreTheSamePlan() {
    Set<String> roles = new HashSet<>(List.of("b", "a", "c"));
    assertThat(PlanJson.of(plan(INVOCATIONS.getFirst())).toString()).isNotEmpty();
    assertThat(new Principal("t", "p", roles))
        .isEqualTo(new Principal("t", "p", Set.of("c", "a", "b")));
  }

  @Test
  void everyKindOfInvocationIsWalked() {
    assertThat(INVOCATIONS.stream().map(Object::getClass))
        .containsExactlyInAnyOrder(
            Arrays.stream(Invocation.class.getPermittedSubclasses()).toArray(Class[]::new));
  }

  @Test
  void anyComponentChangedIsAnotherDigest() throws ReflectiveOperationException {
    for (Invocation invocation : INVOCATIONS) {
      ExecutionPlan plan = plan(invocation);
      Set<Digest> seen = new HashSet<>(Set.of(SealedPlan.seal(plan).digest()));
      Map<String, Object> variants = variants("plan", plan);
      assertThat(variants).hasSizeGreaterThan(40);
      variants.forEach(
          (path, variant) ->
              assertThat(seen.add(SealedPlan.seal((ExecutionPlan) variant).digest()))
                  .as(path)
                  .isTrue());
    }
  }

  /** All values that differ from {@code value} in one leaf, by the leaf's name. */
  private static Map<String, Object> variants(String path, Object value)
      throws ReflectiveOperationException {
    Map<String, Object> all = new HashMap<>();
    switch (value) {
      case String s -> all.put(path, s + "x");
      case Long l -> all.put(path, l + 1);
      case Integer i -> all.put(path, i + 1);
      case Boolean b -> all.put(path, !b);
      case Digest d -> all.put(path, Digest.ofUtf8("other " + d));
      case List<?> list -> {
        all.put(path + ".length", List.of());
        for (var e : variants(path + "[0]", list.getFirst()).entrySet()) {
          all.put(e.getKey(), List.of(e.getValue()));
        }
      }
      case Set<?> set -> all.put(path, Set.of());
      case Map<?, ?> map -> {
        all.put(path + ".key", Map.of("z", "b"));
        all.put(path + ".value", Map.of("a", "z"));
      }
      case Record record -> all.putAll(recordVariants(path, record));
      default -> throw new AssertionError("no variant of " + value.getClass());
    }
    return all;
  }

  private static Map<String, Object> recordVariants(String path, Record record)
      throws ReflectiveOperationException {
    RecordComponent[] components = record.getClass().getRecordComponents();
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : components) {
      component.getAccessor().setAccessible(true);
      values.add(component.getAccessor().invoke(record));
    }
    var constructor =
        record
            .getClass()
            .getDeclaredConstructor(
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
    Map<String, Object> all = new HashMap<>();
    for (int i = 0; i < components.length; i++) {
      String name = path + "." + components[i].getName();
      for (var variant : variants(name, values.get(i)).entrySet()) {
        List<Object> changed = new ArrayList<>(values);
        changed.set(i, variant.getValue());
        all.put(variant.getKey(), constructor.newInstance(changed.toArray()));
      }
    }
    return all;
  }
}
