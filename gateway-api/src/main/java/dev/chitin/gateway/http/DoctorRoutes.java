package dev.chitin.gateway.http;

import dev.chitin.gateway.Doctor;
import dev.chitin.gateway.auth.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** Proves the controls of the running gateway on demand; on the administration socket only. */
final class DoctorRoutes {
  private final Doctor doctor;

  DoctorRoutes(Doctor doctor) {
    this.doctor = doctor;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.POST, "/admin/doctor", Scope.ADMIN, Route.Body.NONE, this::examine));
  }

  private void examine(Exchange exchange) {
    doctor
        .examine()
        .onSuccess(report -> exchange.respond(200, report.toJson()))
        .onFailure(failure -> exchange.fail(failure, null));
  }
}
