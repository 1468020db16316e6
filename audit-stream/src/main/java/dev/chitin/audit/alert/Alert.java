package dev.chitin.audit.alert;

import dev.chitin.audit.AlertRaised;

/**
 * What a rule found.
 *
 * @param subject as it stands in the entries: a name, an address or a hash of one
 * @param count how many entries spoke for it
 * @param windowSeconds the time that was looked at; for as long the same is not said again
 * @param index the entry that made it one
 */
record Alert(AlertRule rule, String subject, long count, long windowSeconds, long index) {

  AlertRaised event() {
    return new AlertRaised(rule.text(), rule.severity(), subject, count, windowSeconds, index);
  }
}
