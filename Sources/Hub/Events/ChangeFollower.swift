import Engine
import Manifest

/// Writes what the engine says has changed into the journal, as it stands then.
struct ChangeFollower: Sendable {
  private static let clusterPrefix = "cluster/"

  let engine: HubEngine
  let journal: ChangeJournal
  /// Between two signs of life to readers.
  let heartbeat: Duration

  /// Runs until cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await names in engine.changes() { await take(names.sorted()) }
      }
      group.addTask {
        while (try? await Task.sleep(for: heartbeat)) != nil { journal.ring() }
      }
    }
    journal.close()
  }

  private func take(_ names: [String]) async {
    for name in names where !name.hasPrefix(Self.clusterPrefix) {
      let view = await engine.applicationView(name)
      journal.record(
        kind: "application", name: name,
        data: JSON.text(Node(view.map { Views.applicationChange($0) } ?? Views.removal(name))), isRemoval: view == nil)
    }
    let clusters = names.filter { $0.hasPrefix(Self.clusterPrefix) }.map { $0.dropFirst(Self.clusterPrefix.count) }
    guard !clusters.isEmpty else { return }
    let views = await engine.clusterViews()
    for cluster in clusters {
      let view = views.first { $0.cluster.name.text == cluster }
      journal.record(
        kind: "cluster", name: String(cluster),
        data: JSON.text(Node(view.map { Views.clusterChange($0) } ?? Views.removal(String(cluster)))),
        isRemoval: view == nil)
    }
  }
}
