import Engine
import Fleet
import Hummingbird
import Manifest

/// `/metrics`: how the fleet stands, and what the hub did since its start.
struct MetricsRoutes: Sendable {
  let engine: HubEngine
  let mirrors: GitMirrors
  let journal: ChangeJournal

  var routes: [Route] {
    [
      Route(.get, "/metrics", access: .open) { _, _ in
        let metrics = FleetMetrics(
          clusters: await engine.clusterViews(), sets: await engine.setViews(),
          applications: await engine.applicationViews(), rollouts: await engine.rolloutViews(),
          queue: await engine.queueState, renders: await engine.renderCount, looks: await mirrors.looks,
          isReady: await engine.isReady, streams: journal.readerCount, measurements: engine.measurements)
        return Answer.text(metrics.text, type: PrometheusText.contentType)
      }
    ]
  }
}

struct FleetMetrics {
  private static let helps = [
    "muster_http_requests_total": "Requests answered by the API, by method, route and status.",
    "muster_http_request_duration_seconds": "Time to the head of an answer.",
    "muster_reconciles_total": "Passes over an application, by outcome.",
    "muster_reconcile_duration_seconds": "Time of one pass over an application.",
    "muster_applied_objects_total": "Objects sent to clusters by server-side apply, by result.",
    "muster_syncs_total": "Syncs that ended, by phase and cause.",
    "muster_sync_duration_seconds": "Time from the beginning of a sync to its end, retries included.",
    "muster_hooks_total": "Hooks of syncs that ended, by phase and result.",
    "muster_reconcile_stage_seconds": "Time of the stages of a pass: render, plan, apply.",
    "muster_cluster_requests_total": "Requests to clusters by verb and status; none where no answer came.",
    "muster_rollout_planning_seconds": "Time from what is wanted to the plan of its rollout.",
    "muster_rollout_admission_seconds": "Time from a cluster that is done to the admission of the next one.",
    "muster_events_total": "Rows of the history, by kind and outcome.",
  ]

  let clusters: [HubEngine.ClusterView]
  let sets: [HubEngine.SetView]
  let applications: [HubEngine.ApplicationView]
  var rollouts: [HubEngine.FleetRolloutView] = []
  let queue: HubEngine.QueueState
  let renders: Int
  let looks: GitMirrors.Looks
  let isReady: Bool
  let streams: Int
  let measurements: Measurements

  var text: String {
    var out = PrometheusText()
    writeClusters(&out)
    writeSets(&out)
    writeApplications(&out)
    writeContests(&out)
    writeRollouts(&out)
    writeHub(&out)
    writeMeasurements(&out)
    return out.text
  }

  private func writeClusters(_ out: inout PrometheusText) {
    out.family("muster_clusters", .gauge, "Registered clusters by state.")
    for state in ["Reachable", "Unknown", "Unreachable"] {
      out.sample("muster_clusters", [("state", state)], clusters.count { $0.state == state })
    }
    out.family("muster_cluster_reachable", .gauge, "Whether a cluster answers.")
    for view in clusters {
      out.sample("muster_cluster_reachable", [("cluster", view.cluster.name.text)], view.state == "Reachable" ? 1 : 0)
    }
    out.family("muster_cluster_objects", .gauge, "Objects that are followed in a cluster.")
    for view in clusters { out.sample("muster_cluster_objects", [("cluster", view.cluster.name.text)], view.objects) }
  }

  private func writeSets(_ out: inout PrometheusText) {
    out.family("muster_applicationsets", .gauge, "ApplicationSets by health.")
    for health in [Health.healthy, .progressing, .degraded, .unknown] {
      out.sample(
        "muster_applicationsets", [("health_status", health.rawValue)],
        sets.count { ($0.status?.health ?? .unknown) == health })
    }
    out.family(
      "muster_applicationset_refused_removals", .gauge,
      "Applications that the breaker keeps, by set: somebody is asked.")
    for view in sets where view.refusedRemovals > 0 {
      out.sample("muster_applicationset_refused_removals", [("name", view.name)], view.refusedRemovals)
    }
  }

  private func writeApplications(_ out: inout PrometheusText) {
    out.family("muster_apps", .gauge, "Applications by sync and health.")
    for sync in ["OutOfSync", "Synced", "Unknown"] {
      for health in ["Degraded", "Healthy", "Missing", "Progressing", "Suspended", "Unknown"] {
        let count = applications.count {
          $0.status.sync.rawValue == sync && $0.status.health.health.rawValue == health
        }
        out.sample("muster_apps", [("sync_status", sync), ("health_status", health)], count)
      }
    }
    out.family("muster_app_info", .gauge, "An application and how it stands.")
    for view in applications {
      out.sample(
        "muster_app_info",
        [
          ("name", view.application.name), ("project", view.application.project),
          ("cluster", view.cluster?.name.text ?? ""), ("sync_status", view.status.sync.rawValue),
          ("health_status", view.status.health.health.rawValue),
        ], 1)
    }
  }

  /// Few fight; whoever else does is counted together, so that the series are bounded.
  private static let mostManagers = 20

  private func writeContests(_ out: inout PrometheusText) {
    out.family(
      "muster_contested_fields", .gauge, "Fields that are taken again and again, by the field manager that does it.")
    var counts: [String: Int] = [:]
    for contest in applications.flatMap(\.status.contests) {
      for manager in contest.managers.isEmpty ? ["unknown"] : contest.managers {
        counts[manager, default: 0] += contest.fields.count
      }
    }
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    for (manager, count) in sorted.prefix(Self.mostManagers) {
      out.sample("muster_contested_fields", [("manager", manager)], count)
    }
    let rest = sorted.dropFirst(Self.mostManagers).reduce(0) { $0 + $1.value }
    if rest > 0 { out.sample("muster_contested_fields", [("manager", "others")], rest) }
  }

  private func writeRollouts(_ out: inout PrometheusText) {
    out.family("muster_rollout_info", .gauge, "The newest rollout of a set, and how it stands.")
    for case let rollout? in rollouts.map(\.rollout) {
      out.sample(
        "muster_rollout_info",
        [
          ("set", rollout.set), ("number", "\(rollout.number)"), ("phase", rollout.phase.rawValue),
          ("reason", rollout.reason.rawValue),
        ], 1)
    }
    out.family("muster_rollout_clusters", .gauge, "Clusters of the newest rollout of a set, by their phase.")
    for case let rollout? in rollouts.map(\.rollout) {
      for phase in RolloutTarget.Phase.allCases {
        out.sample(
          "muster_rollout_clusters", [("set", rollout.set), ("phase", phase.rawValue)], rollout.count([phase]))
      }
    }
  }

  private func writeHub(_ out: inout PrometheusText) {
    out.family("muster_ready", .gauge, "Whether the fleet has been read.")
    out.sample("muster_ready", [], isReady ? 1 : 0)
    out.family("muster_queue_depth", .gauge, "Applications that wait for their turn now.")
    out.sample("muster_queue_depth", [], queue.ready)
    out.family("muster_queue_running", .gauge, "Applications that are reconciled now.")
    out.sample("muster_queue_running", [], queue.running)
    out.family("muster_event_streams", .gauge, "Clients that follow the changes.")
    out.sample("muster_event_streams", [], streams)
    out.family("muster_renders_total", .counter, "Renders made since the start.")
    out.sample("muster_renders_total", [], renders)
    out.family("muster_git_looks_total", .counter, "Looks at Git repositories, by result.")
    out.sample("muster_git_looks_total", [("result", "failed")], looks.failed)
    out.sample("muster_git_looks_total", [("result", "read")], looks.read)
    out.family("muster_git_fetches_total", .counter, "Fetches from Git repositories: looks that found news.")
    out.sample("muster_git_fetches_total", [], looks.fetches)
  }

  private func writeMeasurements(_ out: inout PrometheusText) {
    let counters = Dictionary(grouping: measurements.counters, by: \.key.name)
    for (name, series) in counters.sorted(by: { $0.key < $1.key }) {
      out.family(name, .counter, Self.helps[name] ?? "")
      for (key, value) in series.sorted(by: { Self.precedes($0.key, $1.key) }) {
        out.sample(name, key.labels.map { ($0.name, $0.value) }, value)
      }
    }
    let histograms = Dictionary(grouping: measurements.histograms, by: \.key.name)
    for (name, series) in histograms.sorted(by: { $0.key < $1.key }) {
      out.family(name, .histogram, Self.helps[name] ?? "")
      for (key, value) in series.sorted(by: { Self.precedes($0.key, $1.key) }) { write(key, value, &out) }
    }
  }

  private func write(_ key: Measurements.Series, _ histogram: Measurements.Histogram, _ out: inout PrometheusText) {
    let labels = key.labels.map { (name: $0.name, value: $0.value) }
    for (bound, count) in zip(Measurements.Histogram.bounds, histogram.buckets) {
      out.sample(key.name + "_bucket", labels + [("le", "\(bound)")], count)
    }
    out.sample(key.name + "_bucket", labels + [("le", "+Inf")], histogram.count)
    out.sample(key.name + "_sum", labels, histogram.sum)
    out.sample(key.name + "_count", labels, histogram.count)
  }

  private static func precedes(_ a: Measurements.Series, _ b: Measurements.Series) -> Bool {
    a.labels.map(\.value).lexicographicallyPrecedes(b.labels.map(\.value))
  }
}
