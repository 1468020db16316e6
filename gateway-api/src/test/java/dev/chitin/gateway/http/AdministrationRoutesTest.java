package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.auth.Scope;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What cannot be undone, and what makes or opens keys, is on the administration socket alone. */
class AdministrationRoutesTest {
  private static String path(Route route) {
    return "/" + String.join("/", route.segments());
  }

  private static boolean isAdministration(Route route) {
    return path(route).startsWith("/admin/");
  }

  @Test
  void noRouteOfAdministrationIsOnTheNetworkAndEachNeedsItsScope() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      HttpEdge edge = OpenApiTest.nothing(vertx);
      assertThat(HttpVerticle.routes(vertx, edge)).isNotEmpty().noneMatch(r -> isAdministration(r));
      List<Route> ours =
          new AdminSocket(edge, Path.of("none"))
              .routes().stream().filter(route -> isAdministration(route)).toList();
      assertThat(ours)
          .extracting(AdministrationRoutesTest::path)
          .contains("/admin/audit/shred", "/admin/audit/rotate-key", "/admin/keys");
      assertThat(ours)
          .allSatisfy(
              route -> assertThat(route.scope()).as("%s", path(route)).isEqualTo(Scope.ADMIN));
    } finally {
      vertx.close().await();
    }
  }
}
