/**
 * The main job shown on embedded defaults: real calls against a real gateway, one allowed, one
 * refused, one with a secret. Nothing here is used by {@code serve}.
 */
@NullMarked
package dev.chitin.gateway.quickstart;

import org.jspecify.annotations.NullMarked;
