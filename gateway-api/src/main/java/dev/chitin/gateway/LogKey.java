package dev.chitin.gateway;

import dev.chitin.audit.CheckpointSigner;
import dev.chitin.bus.Bytes;
import dev.chitin.vault.Ed25519Signer;
import dev.chitin.vault.KeyFile;
import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An Ed25519 key (RFC 8032) whose seed lies in a key file and, while it is open, in the vault's
 * secret memory. The one place where the gateway knows how a log or a witness signs.
 */
public final class LogKey implements CheckpointSigner, Closeable {
  private final String name;
  private final Ed25519Signer signer;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  private LogKey(String name, Ed25519Signer signer) {
    this.name = name;
    this.signer = signer;
  }

  /**
   * Opens the key in {@code file}, which is made where there is none.
   *
   * @param home the directory in which the file may not lie
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when the file is not fit
   */
  public static LogKey open(String name, Path file, Path home) {
    var keyFile = new KeyFile(file, home);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      keyFile.create();
    }
    return open(name, keyFile);
  }

  /** Opens the key in {@code file}, which is there. */
  static LogKey open(String name, KeyFile file) {
    return new LogKey(name, Ed25519Signer.of(file.read()));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Bytes publicKey() {
    return Bytes.adopt(signer.publicKey());
  }

  @Override
  public byte[] sign(byte[] message) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the log's key is closed");
      }
      return signer.sign(message);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      signer.close();
    } finally {
      lock.unlock();
    }
  }
}
