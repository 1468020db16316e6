package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import java.io.IOException;
import java.text.Normalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestPathTest {
  private static String canonical(String raw) {
    return RequestPath.canonical(raw, "/home/u", "/work");
  }

  private static String rule(String raw) {
    try {
      return "ok " + canonical(raw);
    } catch (ChitinException.Denied e) {
      return String.valueOf(e.problem().rule());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a, /work/a",
    "./a//b/, /work/a/b",
    "/x/./y, /x/y",
    "//x, /x",
    ".,/work",
    "/,/",
    "~,/home/u",
    "~/a,/home/u/a",
    "x%2e%2e,/work/x%2e%2e",
    "%2e%2e/%2fetc,/work/%2e%2e/%2fetc",
    "-rf,/work/-rf",
    "a$,/work/a$",
    ".hidden,/work/.hidden",
    "ünï,/work/ünï",
  })
  void aPlainPathHasOneSpelling(String raw, String expected) {
    assertThat(canonical(raw)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "..,path.parent_component",
    "a/../b,path.parent_component",
    "../../etc/passwd,path.parent_component",
    "~root/x,path.user_home",
    "~+,path.user_home",
    "$HOME/x,path.variable",
    "${HOME},path.variable",
    "a$(id),path.variable",
    "*.c,path.glob",
    "a?,path.glob",
    "[a]b,path.glob",
    "C:,path.windows_shape",
    "c:/x,path.windows_shape",
    "a/file.txt:stream,path.windows_shape",
    "a/NUL,path.windows_shape",
    "com1.txt,path.windows_shape",
    "a./b,path.windows_shape",
    "...,path.windows_shape",
    "a\\b,path.backslash",
    "/proc/self/environ,path.magic_root",
    "/dev/sda,path.magic_root",
    "/sys,path.magic_root",
    "/./proc//1,path.magic_root",
  })
  void aPathOfTwoReadingsIsRefused(String raw, String expected) {
    assertThat(rule(raw)).isEqualTo(expected);
  }

  @Test
  void aTrailingSpaceIsRefused() {
    assertThat(rule("a /b")).isEqualTo("path.windows_shape");
  }

  @Test
  void charactersThatHideOrImitateAreRefused() {
    assertThat(rule("")).isEqualTo("path.empty");
    for (char c : new char[] {0, '\n', '\r', '\t', 0x1b, 0x7f, 0x85, 0x9f, 0x2028}) {
      assertThat(rule("a" + c)).isEqualTo("path.control_character");
    }
    for (char c : new char[] {0x61c, 0x200e, 0x202e, 0x2066}) {
      assertThat(rule("a" + c)).isEqualTo("path.bidi_control");
    }
    for (String c : new String[] {"\u2215", "\uff0f", "\u2024", "\uff0e", "\uff3c", "\u2026"}) {
      assertThat(rule("a" + c + "b")).isEqualTo("path.lookalike");
    }
    assertThat(rule("a\ud800")).isEqualTo("path.lone_surrogate");
    assertThat(rule("a\udc00b")).isEqualTo("path.lone_surrogate");
    assertThat(rule(Normalizer.normalize("ünï", Normalizer.Form.NFD))).isEqualTo("path.not_nfc");
  }

  @Test
  void lengthsAreBytesAndBounded() {
    assertThat(rule("a".repeat(255))).startsWith("ok");
    assertThat(rule("a".repeat(256))).isEqualTo("path.component_too_long");
    assertThat(rule("é".repeat(128))).isEqualTo("path.component_too_long");
    String deep = "/" + "a/".repeat(2_047) + "b";
    assertThat(deep).hasSize(4_096);
    assertThat(rule(deep)).startsWith("ok");
    assertThat(rule(deep.substring(1))).isEqualTo("path.too_long");
    assertThat(rule("é/".repeat(1_500))).isEqualTo("path.too_long");
  }

  @Test
  void everyRefusalSaysWhatToDo() {
    assertThatThrownBy(() -> canonical("a/../b"))
        .isInstanceOfSatisfying(
            ChitinException.Denied.class,
            e -> {
              assertThat(e.code().code()).isEqualTo("policy.path_denied");
              assertThat(e.problem().hint()).contains("..");
            });
  }

  /** Every payload, alone and behind a granted prefix, is refused or stays below its base. */
  @Test
  void noTraversalOfTheCorpusLeavesItsBase() throws IOException {
    int refused = 0;
    for (String line : Corpora.lines("paths/traversal.txt")) {
      for (String payload :
          new String[] {line, line.replace("{FILE}", "etc/passwd"), "/work/" + line}) {
        String outcome = rule(payload);
        if (outcome.startsWith("path.")) {
          refused++;
        } else {
          assertThat(outcome).doesNotContain("/../").doesNotEndWith("/..");
          assertThat(payload.startsWith("/") ? outcome : outcome.substring(3))
              .satisfiesAnyOf(
                  path -> assertThat(path).startsWith("/work/"),
                  path -> assertThat(payload).startsWith("/"));
        }
      }
    }
    assertThat(refused).isGreaterThan(300);
  }
}
