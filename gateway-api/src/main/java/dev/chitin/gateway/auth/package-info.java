/**
 * Who is there: gateway keys, the roles and scopes that they carry, and the check of a credential.
 * No key is kept in clear, and none is printed but once, when it is made.
 */
@NullMarked
package dev.chitin.gateway.auth;

import org.jspecify.annotations.NullMarked;
