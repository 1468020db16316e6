package dev.chitin.audit.note;

/** A note, checkpoint or proof that is not in the form of its specification. */
public final class NoteSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param what what is wrong, one clause
   */
  public NoteSyntaxException(String what) {
    super(what);
  }
}
