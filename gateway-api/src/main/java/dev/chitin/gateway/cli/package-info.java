/**
 * The command line: what a person types, what is printed, and the exit codes. Work on a running
 * gateway's state goes through its administration socket; with no gateway running, the same work is
 * done here under the same locks.
 */
@NullMarked
package dev.chitin.gateway.cli;

import org.jspecify.annotations.NullMarked;
