package dev.chitin.audit.alert;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Every alert that there is; the names are those of entries, metrics and the configuration. */
public enum AlertRule {
  /** One address presented wrong credentials too often. */
  AUTH_PEER("auth_failures_peer", "medium"),
  /** One key was presented wrongly too often, from several addresses. */
  AUTH_KEY("auth_failures_key", "high"),
  /** Wrong credentials in all: spraying over many addresses and keys. */
  AUTH_TOTAL("auth_failures_total", "high"),
  /** Somebody ran into the limit of requests again and again. */
  RATE_LIMIT("rate_limit_hits", "medium"),
  /** A principal was denied again and again: probing for what is open. */
  DENIALS("denial_burst", "medium"),
  /** A principal called a tool for the first time. */
  NEW_TOOL("new_tool", "low"),
  /** A principal's tool reached for a host for the first time. */
  NEW_HOST("new_host", "low"),
  /** A secret was used by a tool for the first time. */
  CREDENTIAL_TOOL("credential_new_tool", "medium"),
  /** A secret was sent to a host for the first time. */
  CREDENTIAL_HOST("credential_new_host", "high"),
  /** A secret was used far more often than it is used to. */
  CREDENTIAL_VOLUME("credential_volume", "high"),
  /** A principal called far more often than it is used to. */
  CALL_VOLUME("call_volume", "medium"),
  /** A principal called at an hour of the day at which it never does. */
  UNUSUAL_HOUR("unusual_hour", "low"),
  /** The sandbox was handed a decision that this node's policy did not make for this plan. */
  DECISION_FORGED("decision_forged", "critical"),
  /** Another key takes the place of the one that signs the log. */
  LOG_KEY_ROTATED("log_key_rotated", "medium"),
  /** A principal's calls tried ways out of the sandbox. */
  SANDBOX_PROBE("sandbox_probe", "high"),
  /** A request of a tool was not the one that its secret was leased for. */
  CREDENTIAL_MISMATCH("credential_mismatch", "high"),
  /** Policy or configuration changed at an hour at which nobody is to change them. */
  CHANGE_HOURS("change_outside_hours", "high"),
  /** A secret was about to leave in a log or an answer. */
  SECRET_FOUND("secret_found", "critical"),
  /** A secret was kept out of a request to a model provider: somebody else has it in clear. */
  SECRET_IN_PROMPT("secret_in_prompt", "high"),
  /** Events were made that are not in the log. */
  LOG_GAP("log_gap", "high"),
  /** The log is about to have no room. */
  LOG_SPACE("log_space", "high"),
  /** No witness has cosigned the log for long. */
  WITNESS_LAG("witness_lag", "high");

  private final String text;
  private final String severity;

  AlertRule(String text, String severity) {
    this.text = text;
    this.severity = severity;
  }

  /** The name in entries, metrics and the configuration. */
  public String text() {
    return text;
  }

  /** {@code low}, {@code medium}, {@code high} or {@code critical}. */
  public String severity() {
    return severity;
  }

  /** Every rule's name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(AlertRule::text).toList();
  }

  /** The rule of that name. */
  public static Optional<AlertRule> of(String text) {
    return Arrays.stream(values()).filter(rule -> rule.text.equals(text)).findFirst();
  }
}
