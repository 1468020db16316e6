package dev.chitin.policy;

import dev.chitin.bus.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What exactly a backend does: the part of a plan that differs by backend. */
public sealed interface Invocation {

  /**
   * A native process (backend {@code bwrap}).
   *
   * @param argv exact argument vector; {@code argv[0]} as the caller named it
   * @param executable the resolved absolute path of the file that is executed
   * @param cwd absolute path inside the sandbox: in a mount of the plan, or {@link #SCRATCH}
   * @param envNames names of the environment, sorted
   * @param envDigest over the canonical JSON of name → value
   * @param executed every file whose content is executed
   * @param dataArguments indexes in {@code argv} of the elements that the caller filled
   * @param wholeArgvFromCaller whether the caller gave the whole argv ({@code process_run})
   * @param outputs files that it leaves for its caller; none of the same name
   */
  record NativeProcess(
      List<String> argv,
      String executable,
      String cwd,
      List<String> envNames,
      Digest envDigest,
      List<ExecutedFile> executed,
      List<Integer> dataArguments,
      boolean wholeArgvFromCaller,
      List<DeclaredOutput> outputs)
      implements Invocation {
    /** A directory that each sandbox has for itself: empty at its start, gone at its end. */
    public static final String SCRATCH = "/tmp";

    public NativeProcess {
      outputs = List.copyOf(outputs);
      argv = List.copyOf(argv);
      envNames = List.copyOf(envNames);
      executed = List.copyOf(executed);
      dataArguments = List.copyOf(dataArguments);
    }

    /** A process that leaves no files. */
    public NativeProcess(
        List<String> argv,
        String executable,
        String cwd,
        List<String> envNames,
        Digest envDigest,
        List<ExecutedFile> executed,
        List<Integer> dataArguments,
        boolean wholeArgvFromCaller) {
      this(
          argv,
          executable,
          cwd,
          envNames,
          envDigest,
          executed,
          dataArguments,
          wholeArgvFromCaller,
          List.of());
    }
  }

  /**
   * A file whose bytes are executed.
   *
   * @param path resolved absolute path
   * @param digest of its content when the plan was made
   */
  record ExecutedFile(String path, Digest digest) {}

  /**
   * A file operation inside the gateway (backend {@code file}).
   *
   * @param operation {@code read}, {@code write}, {@code list} or {@code search}
   * @param target what is touched
   */
  record FileAccess(String operation, FileTarget target) implements Invocation {}

  /**
   * One path, resolved once by the planner.
   *
   * @param requested the canonical form of what was asked for
   * @param resolved the absolute path with every symlink followed; the only one that is opened
   * @param root the allowed root that {@code resolved} lies in; empty when it lies in none
   * @param rootIdentity {@code dev:inode} of the root, empty when there is none
   * @param exists whether there was something when the plan was made
   */
  record FileTarget(
      String requested, String resolved, String root, String rootIdentity, boolean exists) {}

  /**
   * One HTTP request from the gateway (backend {@code http}).
   *
   * @param method upper case
   * @param scheme {@code http} or {@code https}
   * @param host canonical
   * @param port 1 to 65535
   * @param pathAndQuery begins with a slash
   * @param headerNames of the caller's header fields, lower case, sorted
   * @param bodyDigest null without a body
   */
  record HttpRequest(
      String method,
      String scheme,
      String host,
      int port,
      String pathAndQuery,
      List<String> headerNames,
      @Nullable Digest bodyDigest)
      implements Invocation {
    public HttpRequest {
      headerNames = List.copyOf(headerNames);
    }

    /** The path without its query. */
    public String path() {
      int query = pathAndQuery.indexOf('?');
      return query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    }
  }

  /**
   * A verticle of the gateway's own process (backend {@code verticle}).
   *
   * @param address bus address
   */
  record VerticleCall(String address) implements Invocation {}
}
