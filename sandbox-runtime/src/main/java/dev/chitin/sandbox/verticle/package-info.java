/**
 * The backend that hands a call to a verticle of the gateway's own process. Such a verticle is
 * trusted code; nothing here isolates it.
 */
@NullMarked
package dev.chitin.sandbox.verticle;

import org.jspecify.annotations.NullMarked;
