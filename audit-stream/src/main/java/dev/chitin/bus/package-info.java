/**
 * The typed bus kit that every service of Chitin is called through: addresses, by-reference record
 * codecs, deadlines, cancellation, bounded in-flight calls and the one family of errors with its
 * stable codes; and the few names that every floor has to agree on. Nothing that knows what a tool,
 * a policy or a secret is may live here.
 */
@NullMarked
package dev.chitin.bus;

import org.jspecify.annotations.NullMarked;
