package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A key may be narrower than its role, never wider. */
class PermissionsTest {
  @Test
  void aKeyWithoutScopesHasThoseOfItsRole() {
    Permissions agent = Permissions.narrowed(Role.AGENT, List.of());
    assertThat(agent.scopes())
        .containsExactlyInAnyOrder(Scope.TOOLS_READ, Scope.TOOLS_CALL, Scope.LLM_CALL);
    assertThat(agent.reaches("anything")).isTrue();
  }

  @Test
  void namesOfToolsNarrowCalls() {
    Permissions narrow =
        Permissions.narrowed(
            Role.AGENT, List.of("tools:read", "tools:call:fs_*", "tools:call:http_fetch"));
    assertThat(narrow.has(Scope.TOOLS_CALL)).isTrue();
    assertThat(narrow.has(Scope.LLM_CALL)).isFalse();
    assertThat(narrow.reaches("fs_read")).isTrue();
    assertThat(narrow.reaches("http_fetch")).isTrue();
    assertThat(narrow.reaches("http_fetch2")).isFalse();
    assertThat(narrow.reaches("process_run")).isFalse();
    assertThat(narrow.reaches("xfs_read")).isFalse();
    assertThat(narrow.texts())
        .containsExactly("tools:call:fs_*", "tools:call:http_fetch", "tools:read");
  }

  @Test
  void theWholeScopeBesideNamesIsTheWholeScope() {
    assertThat(
            Permissions.narrowed(Role.AGENT, List.of("tools:call:fs_*", "tools:call"))
                .reaches("process_run"))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"secrets:write", "approvals:decide", "admin", "audit:read", "metrics:read"})
  void whatTheRoleHasNotIsRefusedWithTheRole(String scope) {
    assertThatThrownBy(() -> Permissions.narrowed(Role.AGENT, List.of("tools:read", scope)))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(ProblemCode.REQUEST_ARGUMENTS_INVALID);
              assertThat(refusal.problem().rule()).isEqualTo("role.agent");
              assertThat(refusal.problem().hint()).contains("tools:call");
            });
  }

  @Test
  void anAuditorCannotBeGivenCallsByName() {
    assertThatThrownBy(() -> Permissions.narrowed(Role.AUDITOR, List.of("tools:call:fs_read")))
        .hasMessageContaining("tools:call:fs_read");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tools:call:",
        "tools:call:*x",
        "tools:call:a b",
        "tools:call:fs_**",
        "tools:calls",
        "TOOLS:READ"
      })
  void whatIsNoScopeIsRefused(String scope) {
    assertThatThrownBy(() -> Permissions.narrowed(Role.ADMIN, List.of(scope)))
        .isInstanceOf(ChitinException.class);
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void anAgentNeverDecidesApprovalsWhateverElseItIs(Role other) {
    assertThat(Permissions.of(EnumSet.of(Role.AGENT, other)).has(Scope.APPROVALS_DECIDE)).isFalse();
  }

  @Test
  void rolesAreSetsOfScopes() {
    assertThat(Role.APPROVER.scopes())
        .contains(Scope.APPROVALS_DECIDE)
        .doesNotContain(Scope.TOOLS_CALL, Scope.ADMIN);
    assertThat(Role.AUDITOR.scopes())
        .contains(Scope.AUDIT_READ)
        .doesNotContain(Scope.TOOLS_CALL, Scope.SECRETS_WRITE, Scope.APPROVALS_DECIDE);
    assertThat(Role.OPERATOR.scopes())
        .contains(Scope.SECRETS_WRITE)
        .doesNotContain(Scope.ADMIN, Scope.APPROVALS_DECIDE);
    assertThat(Permissions.of(Set.of(Role.ADMIN)).scopes())
        .containsExactlyInAnyOrder(Scope.values());
  }
}
