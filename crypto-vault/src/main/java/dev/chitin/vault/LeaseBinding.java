package dev.chitin.vault;

/**
 * The one place where a leased secret may be put. Compared whole, with the request that is made: a
 * lease for one place is worth nothing at another.
 *
 * @param scheme {@code https} or {@code http}
 * @param host canonical host of the request
 * @param port 1 to 65535
 * @param method of the request, upper case
 * @param path of the request, without its query; begins with a slash
 * @param surface {@code header}
 * @param field name of the header field, lower case
 * @param format {@code raw} or {@code bearer}
 */
public record LeaseBinding(
    String scheme,
    String host,
    int port,
    String method,
    String path,
    String surface,
    String field,
    String format) {}
