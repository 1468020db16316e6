package dev.chitin.gateway.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Hears signals of the operating system. The JDK offers that only in {@code sun.misc}, which it
 * exports for this use and warns about when it is compiled against; so it is found by name.
 */
final class Signals {
  private Signals() {}

  /**
   * Runs {@code action} at each signal {@code name} ({@code HUP} say), on a thread of its own.
   *
   * @return whether the signal can be heard here; a JVM with {@code -Xrs} hears none
   */
  static boolean on(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object listener =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      action.run();
                      yield null;
                    }
                    case "equals" ->
                        arguments != null
                            && System.identityHashCode(proxy)
                                == System.identityHashCode(arguments[0]);
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "signals of Chitin";
                  });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
      return true;
    } catch (InvocationTargetException | InstantiationException e) {
      return false;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JDK has no sun.misc.Signal", e);
    }
  }
}
