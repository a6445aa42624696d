import Manifest

/// What a merge would do to a fleet: two revisions compared, without a hub and without a cluster.
package struct FleetPreview: Sendable {
  package enum Change: String, Sendable {
    case added, changed, removed
    /// It is absent from an answer that is not whole, and stays.
    case kept
  }

  package struct ApplicationChange: Sendable {
    package var name: String
    package var change: Change
    package var set: String?
    package var cluster: String
    /// Fields of the Application itself that become others.
    package var fields: [ObjectDelta.Field]
    /// How many objects are created, updated (or replaced), deleted.
    package var created: Int
    package var updated: Int
    package var deleted: Int
  }

  /// One change of an object, and everywhere that it is made.
  package struct ObjectChange: Sendable {
    package var delta: ObjectDelta
    package var applications: [String]
    package var clusters: [String]
  }

  /// What the breaker says to a set's removals.
  package struct SetChange: Sendable {
    package var name: String
    package var before: Int
    package var after: Int
    package var removed: Int
    /// Whether a hub would stop and ask.
    package var isRefused: Bool
    package var limit: Int
  }

  package private(set) var applications: [ApplicationChange] = []
  package private(set) var objects: [ObjectChange] = []
  /// What happens to the models and images that the fleet runs.
  package private(set) var models: [FleetModelChange] = []
  package private(set) var sets: [SetChange] = []
  package private(set) var waves: [PreviewedWave] = []
  package private(set) var risks: [PreviewedRisk] = []
  package let total: Int

  /// Clusters where something changes, sorted.
  package var clusters: [String] { Set(applications.map(\.cluster)).subtracting([""]).sorted() }
  package var isEmpty: Bool { applications.isEmpty }
  package var isRefused: Bool { sets.contains(where: \.isRefused) || risks.contains { $0.kind == .breaker } }

  package init(from before: PreviewedFleet, to after: PreviewedFleet) {
    total = after.applications.count
    var gathering = Gathering()
    for name in Set(before.applications.keys).union(after.applications.keys).sorted() {
      gathering.compare(name, before.applications[name], after.applications[name], after)
    }
    applications = gathering.applications
    objects = gathering.objects
    models = gathering.models.all
    sets = Self.sets(before, after, applications)
    let changed = applications.filter { $0.change == .added || $0.change == .changed }
    waves = PreviewedWave.all(of: changed.map(\.name), in: after)
    risks = PreviewedRisk.all(
      applications: applications, objects: objects, before: before, after: after)
  }

  private static func sets(
    _ before: PreviewedFleet, _ after: PreviewedFleet, _ changes: [ApplicationChange]
  ) -> [SetChange] {
    var names: [String: (before: Int, after: Int, removed: Int)] = [:]
    for application in before.applications.values { names[application.owner ?? "-", default: (0, 0, 0)].before += 1 }
    for application in after.applications.values { names[application.owner ?? "-", default: (0, 0, 0)].after += 1 }
    for change in changes where change.change == .removed { names[change.set ?? "-", default: (0, 0, 0)].removed += 1 }
    return names.sorted { $0.key < $1.key }.map { name, count in
      let breaker = after.breakers[name] ?? .applications
      return SetChange(
        name: name, before: count.before, after: count.after, removed: count.removed,
        isRefused: !breaker.allows(removing: count.removed, outOf: count.before),
        limit: breaker.limit(outOf: count.before))
    }
  }
}

/// Goes through the Applications once; what renders to the same is compared once.
private struct Gathering {
  private struct Pair: Hashable {
    var before: UInt64?
    var after: UInt64?
    var prunes: Bool
  }

  var applications: [FleetPreview.ApplicationChange] = []
  private var deltas: [Pair: [ObjectDelta]] = [:]
  private var places: [ObjectDelta: Int] = [:]
  private(set) var objects: [FleetPreview.ObjectChange] = []
  private(set) var models = FleetModelChanges()
  private var knownModels: [Pair: [ModelChange]] = [:]

  mutating func compare(
    _ name: String, _ before: PreviewedApplication?, _ after: PreviewedApplication?, _ fleet: PreviewedFleet
  ) {
    let change: FleetPreview.Change
    switch (before, after) {
    case (let before?, nil): change = fleet.isGone(before.owner) ? .removed : .kept
    case (nil, _): change = .added
    default: change = .changed
    }
    let fields = before.flatMap { b in after.map { ObjectDelta.fields(ofSpecFrom: b.application, to: $0.application) } }
    let found = objectDeltas(before, after, change, fleet)
    if change == .changed, fields?.isEmpty ?? true, found.isEmpty { return }
    let cluster = (after ?? before)?.cluster?.text ?? ""
    applications.append(
      .init(
        name: name, change: change, set: (after ?? before)?.owner, cluster: cluster, fields: fields ?? [],
        created: found.count { $0.change == .create },
        updated: found.count { $0.change == .update || $0.change == .replace },
        deleted: found.count { $0.change == .delete }))
    for delta in found { note(delta, name, cluster) }
    guard !cluster.isEmpty else { return }
    let moved = modelChanges(before?.rendered, after?.rendered, change)
    models.add(moved, on: cluster)
  }

  /// Of an Application that comes or goes only the models count: its images are no news.
  private mutating func modelChanges(
    _ before: RenderedObjects?, _ after: RenderedObjects?, _ change: FleetPreview.Change
  ) -> [ModelChange] {
    if change == .kept || (change == .changed && (before == nil || after == nil)) { return [] }
    let pair = Pair(before: before?.identity, after: after?.identity, prunes: false)
    if let known = knownModels[pair] { return known }
    let found = ModelChanges.between(ModelVersions.of(before?.objects ?? []), ModelVersions.of(after?.objects ?? []))
    let told = found.filter { change == .changed || $0.kind == .model }
    knownModels[pair] = told
    return told
  }

  private mutating func objectDeltas(
    _ before: PreviewedApplication?, _ after: PreviewedApplication?, _ change: FleetPreview.Change,
    _ fleet: PreviewedFleet
  ) -> [ObjectDelta] {
    switch change {
    case .kept: return []
    // What cannot be rendered changes nothing.
    case .changed where before?.rendered == nil || after?.rendered == nil: return []
    default: break
    }
    let prunes =
      after.map { $0.application.syncPolicy.automated?.prune ?? false }
      ?? before.map(fleet.takesObjects) ?? false
    let pair = Pair(before: before?.rendered?.identity, after: after?.rendered?.identity, prunes: prunes)
    if let known = deltas[pair] { return known }
    var found = ObjectDelta.all(from: before?.rendered, to: after?.rendered, prunes: prunes)
    if change == .removed {
      // A definition takes every object of its kind with it, whoever's they are: the hub leaves it.
      for index in found.indices where found[index].id.kind == "CustomResourceDefinition" {
        found[index].change = .keep
      }
    }
    deltas[pair] = found
    return found
  }

  private mutating func note(_ delta: ObjectDelta, _ application: String, _ cluster: String) {
    if let place = places[delta] {
      objects[place].applications.append(application)
      if objects[place].clusters.last != cluster { objects[place].clusters.append(cluster) }
    } else {
      places[delta] = objects.count
      objects.append(.init(delta: delta, applications: [application], clusters: [cluster]))
    }
  }
}

extension ObjectDelta {
  fileprivate static func fields(ofSpecFrom before: Application, to after: Application) -> [Field] {
    if before.root == after.root { return [] }
    return fields(from: .mapping(before.root), to: .mapping(after.root)).fields
  }
}
