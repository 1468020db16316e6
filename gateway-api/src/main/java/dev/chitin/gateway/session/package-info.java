/**
 * What a caller keeps open over several requests. A session is never an authentication: each
 * request carries its credential.
 */
@NullMarked
package dev.chitin.gateway.session;

import org.jspecify.annotations.NullMarked;
