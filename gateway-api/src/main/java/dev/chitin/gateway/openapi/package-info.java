/**
 * What the routes are for people and programs that call them: the description that stands beside
 * each route, and the OpenAPI document that is made of all of them. Nothing here answers a request
 * or decides one.
 */
@NullMarked
package dev.chitin.gateway.openapi;

import org.jspecify.annotations.NullMarked;
