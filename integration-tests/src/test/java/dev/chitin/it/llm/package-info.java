/**
 * Requests to model providers through the gateway, with a provider that is scripted and clients
 * that are the vendors' own.
 */
@NullMarked
package dev.chitin.it.llm;

import org.jspecify.annotations.NullMarked;
