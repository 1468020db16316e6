package dev.chitin.gateway.auth.mtls;

import java.io.IOException;
import java.security.cert.CRLException;

/** Where the lists of revoked certificates are read from. */
interface CrlSource {

  /**
   * The lists as they stand there now. Blocks.
   *
   * @throws IOException when they cannot be read now
   * @throws CRLException when there is nothing that could be read later either
   */
  byte[] read() throws IOException, CRLException;

  /** Where that is, for people. */
  String place();
}
