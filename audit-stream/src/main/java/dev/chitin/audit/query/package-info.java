/**
 * Finding entries: filters, the derived index of block summaries, and queries. Nothing here is ever
 * in the way of the log's writer, and nothing here is needed to prove anything: all of it can be
 * deleted and is made anew from the entries.
 */
@NullMarked
package dev.chitin.audit.query;

import org.jspecify.annotations.NullMarked;
