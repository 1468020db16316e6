package dev.chitin.sandbox.file;

/**
 * A file name pattern: {@code ?} is one character, {@code *} any run of them, all others stand for
 * themselves. With a slash in it it is held against the whole path, else against the last name.
 * Takes time of at most pattern × name, whatever the pattern.
 */
record Glob(String pattern) {

  boolean matches(String path) {
    String text = pattern.contains("/") ? path : path.substring(path.lastIndexOf('/') + 1);
    int at = 0;
    int in = 0;
    int star = -1;
    int retry = 0;
    while (in < text.length()) {
      if (at < pattern.length()
          && (pattern.charAt(at) == '?' || pattern.charAt(at) == text.charAt(in))
          && pattern.charAt(at) != '*') {
        at++;
        in++;
      } else if (at < pattern.length() && pattern.charAt(at) == '*') {
        star = at++;
        retry = in;
      } else if (star >= 0) {
        at = star + 1;
        in = ++retry;
      } else {
        return false;
      }
    }
    while (at < pattern.length() && pattern.charAt(at) == '*') {
      at++;
    }
    return at == pattern.length();
  }
}
