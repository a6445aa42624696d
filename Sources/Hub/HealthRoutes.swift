import Engine
import Hummingbird
import Manifest

/// Whether the hub lives, and whether it has read its fleet.
struct HealthRoutes: Sendable {
  let engine: HubEngine

  func add(to router: Router<BasicRequestContext>) {
    router.get("healthz") { _, _ in Answer.text("ok\n") }
    router.get("readyz") { _, _ in
      await engine.isReady
        ? Answer.text("ok\n") : Answer.error(.serviceUnavailable, "starting", "the fleet has not been read yet")
    }
  }
}

/// Prometheus' text format, version 0.0.4.
struct MetricsRoutes: Sendable {
  let engine: HubEngine

  func add(to router: Router<BasicRequestContext>) {
    router.get("metrics") { _, _ in Answer.text(await text()) }
  }

  private func text() async -> String {
    var text = "# HELP muster_cluster_reachable Whether a cluster answers.\n# TYPE muster_cluster_reachable gauge\n"
    for view in await engine.clusterViews() {
      text +=
        "muster_cluster_reachable{cluster=\"\(escape(view.cluster.name.text))\"} \(view.state == "Reachable" ? 1 : 0)\n"
    }
    text += "# HELP muster_app_info An application and how it stands.\n# TYPE muster_app_info gauge\n"
    for view in await engine.applicationViews() {
      text +=
        "muster_app_info{name=\"\(escape(view.application.name))\",cluster=\"\(escape(view.cluster?.name.text ?? ""))\","
        + "sync_status=\"\(view.status.sync.rawValue)\",health_status=\"\(view.status.health.health.rawValue)\"} 1\n"
    }
    text += "# HELP muster_renders_total Renders made since the start.\n# TYPE muster_renders_total counter\n"
    text += "muster_renders_total \(await engine.renderCount)\n"
    return text
  }

  private func escape(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
