package dev.chitin.audit.alert;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * First uses: of a tool or a host by a principal, and of a secret with a tool or a host. Which tool
 * a secret served, and which host it went to, is told by the entries of the same call.
 */
final class HabitRules implements Rule {
  private static final int MOST_CALLS = 4_096;
  private static final int MOST_SECRETS = 16;

  private final Habits tools;
  private final Habits hosts;
  private final Habits secretTools;
  private final Habits secretHosts;
  private final BoundedMemory<String, Call> calls = BoundedMemory.byArrival(MOST_CALLS);

  /**
   * @param secrets few, each once
   */
  private record Call(String tool, List<String> secrets) {}

  HabitRules(AlertSettings settings) {
    long learning = settings.learning().toMillis();
    tools = new Habits(learning);
    hosts = new Habits(learning);
    secretTools = new Habits(learning);
    secretHosts = new Habits(learning);
  }

  @Override
  public void observe(Observed entry, Consumer<Alert> found) {
    switch (entry.kind()) {
      case "ToolExecution" -> tool(entry, found);
      case "CredentialAccess" -> secret(entry, found);
      case "EgressEvent" -> host(entry, found);
      default -> {
        // Nothing else is a use.
      }
    }
  }

  private void tool(Observed entry, Consumer<Alert> found) {
    if (entry.has("phase", "Authorized")) {
      String tool = entry.text("tool");
      calls.put(entry.text("callId"), new Call(tool, new ArrayList<>(0)));
      if (tools.isNew(who(entry), tool, entry.time())) {
        first(AlertRule.NEW_TOOL, entry.principal() + " " + tool, entry, found);
      }
    }
  }

  private void secret(Observed entry, Consumer<Alert> found) {
    Call call = calls.get(entry.text("callId"));
    if (call == null || !entry.has("action", "use") || !entry.flag("success")) {
      return;
    }
    String secret = entry.text("provider");
    if (call.secrets.size() < MOST_SECRETS && !call.secrets.contains(secret)) {
      call.secrets.add(secret);
    }
    if (secretTools.isNew(entry.ofTenant(secret), call.tool, entry.time())) {
      first(AlertRule.CREDENTIAL_TOOL, secret + " " + call.tool, entry, found);
    }
  }

  private void host(Observed entry, Consumer<Alert> found) {
    if (!entry.has("action", "allowed")) {
      return;
    }
    String host = entry.text("host");
    if (hosts.isNew(who(entry), host, entry.time())) {
      first(AlertRule.NEW_HOST, entry.principal() + " " + host, entry, found);
    }
    Call call = calls.get(entry.text("callId"));
    if (call != null) {
      for (String secret : call.secrets) {
        if (secretHosts.isNew(entry.ofTenant(secret), host, entry.time())) {
          first(AlertRule.CREDENTIAL_HOST, secret + " " + host, entry, found);
        }
      }
    }
  }

  private static String who(Observed entry) {
    return entry.ofTenant(entry.principal());
  }

  private static void first(AlertRule rule, String subject, Observed entry, Consumer<Alert> found) {
    found.accept(new Alert(rule, subject, 1, 0, entry.index()));
  }

  /** How much is remembered. */
  int size() {
    return tools.size() + hosts.size() + secretTools.size() + secretHosts.size() + calls.size();
  }

  void write(DataOutputStream out) throws IOException {
    tools.write(out);
    hosts.write(out);
    secretTools.write(out);
    secretHosts.write(out);
  }

  void read(DataInputStream in) throws IOException {
    tools.read(in);
    hosts.read(in);
    secretTools.read(in);
    secretHosts.read(in);
  }
}
