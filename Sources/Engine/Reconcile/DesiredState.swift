import Fleet
import Manifest

/// Collects what an Application wants in its cluster.
struct DesiredState {
  private let application: Application
  private var placed: [Object] = []
  private var positions: [ObjectID: Int] = [:]
  private var conditions: [Condition] = []
  private(set) var hasRefused = false

  init(application: Application) { self.application = application }

  /// Places what was rendered, as the cluster serves its kinds.
  /// - Returns: the objects, what is to be told of them, and whether every one could be placed.
  static func of(
    _ rendered: [Object], _ application: Application, in session: ClusterSession
  ) async throws -> (objects: [DesiredObject], conditions: [Condition], isWhole: Bool) {
    var state = DesiredState(application: application)
    let defined = definedKinds(rendered)
    for object in rendered {
      do {
        let isNamespaced: Bool
        if let known = defined[object.gvk.groupKind] {
          isNamespaced = known
        } else {
          isNamespaced = try await session.resource(for: object.gvk).isNamespaced
        }
        try state.add(object, isNamespaced: isNamespaced)
      } catch let failure as Failure where failure.code == "cluster.unknown-kind" {
        state.refuse(object, failure.message)
      }
    }
    let (objects, conditions) = state.finish()
    return (objects, conditions, !state.hasRefused)
  }

  /// The kinds that the rendered objects themselves define, and whether they are namespaced.
  static func definedKinds(_ objects: [Object]) -> [GroupKind: Bool] {
    var kinds: [GroupKind: Bool] = [:]
    for object in objects where object.gvk.kind == "CustomResourceDefinition" {
      guard let spec = object["spec"], let group = spec["group"]?.string, let kind = spec["names"]?["kind"]?.string
      else {
        continue
      }
      kinds[GroupKind(group: group, kind: kind)] = spec["scope"]?.string == "Namespaced"
    }
    return kinds
  }

  /// The last of two equal ids wins, as in Argo CD, and it is told.
  mutating func add(_ object: Object, isNamespaced: Bool) throws {
    var object = try Normaliser.normalise(
      object, namespace: isNamespaced ? application.destination.namespace : "", isNamespaced: isNamespaced)
    if isNamespaced && object.namespace.isEmpty {
      object = try Normaliser.normalise(object, namespace: "default", isNamespaced: true)
    }
    if let position = positions[object.id] {
      conditions.append(
        Condition("RepeatedResourceWarning", "\(object.id) is rendered more than once; the last one counts"))
      placed[position] = object
    } else {
      positions[object.id] = placed.count
      placed.append(object)
    }
  }

  mutating func refuse(_ object: Object, _ reason: String) {
    hasRefused = true
    conditions.append(Condition("UnknownKind", "\(object.id): \(reason)"))
  }

  func finish() -> ([DesiredObject], [Condition]) {
    let rules = ReleaseRules(ignored: application.ignoreDifferences, objects: placed)
    return (placed.map(rules.desired), conditions + rules.unsupported)
  }
}
