import Engine
import Hummingbird
import Manifest

/// Whether the hub lives, and whether it has read its fleet.
struct ProbeRoutes: Sendable {
  let engine: HubEngine

  var routes: [Route] {
    [
      Route(.get, "/healthz", access: .open) { _, _ in Answer.text("ok\n") },
      Route(.get, "/readyz", access: .open) { _, _ in
        guard await engine.isReady else {
          throw APIProblem(.serviceUnavailable, "starting", "the fleet has not been read yet")
        }
        return Answer.text("ok\n")
      },
    ]
  }
}
