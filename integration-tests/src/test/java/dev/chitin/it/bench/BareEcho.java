package dev.chitin.it.bench;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;

/**
 * The reference of a full call: Vert.x Web reads a JSON body and sends it back; no control at all.
 */
final class BareEcho {
  private BareEcho() {}

  /** Prints its port and serves until it is stopped. */
  public static void main(String... arguments) {
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    vertx
        .deployVerticle(
            Server::new,
            new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors()))
        .await();
    System.out.println(Server.port);
  }

  private static final class Server extends VerticleBase {
    private static volatile int port;

    @Override
    public Future<?> start() {
      Router router = Router.router(vertx);
      router
          .post("/echo")
          .handler(BodyHandler.create(false))
          .handler(context -> context.json(context.body().asJsonObject()));
      return vertx
          .createHttpServer(new HttpServerOptions())
          .requestHandler(router)
          .listen(-1, "127.0.0.1")
          .onSuccess(server -> port = server.actualPort());
    }
  }
}
