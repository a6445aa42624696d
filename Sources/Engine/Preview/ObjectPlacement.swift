import Fleet
import Kustomize
import Manifest
import Synchronization

/// Places rendered objects without a cluster: what is namespaced is told by a table of kinds and by the definitions that are
/// rendered along.
final class ObjectPlacement: Sendable {
  private struct Key: Hashable {
    var rendering: UInt64
    var namespace: String
    var restartsOnConfig: Bool
  }

  private let known = Mutex<[Key: RenderedObjects]>([:])

  /// The same rendering in the same namespace gives the same objects, by reference, for Applications that want the same.
  func place(_ rendered: SourceReader.Answer, of application: Application) throws -> RenderedObjects {
    let namespace = application.destination.namespace
    let key = Key(
      rendering: rendered.identity, namespace: namespace, restartsOnConfig: ConfigRestart.isWanted(by: application))
    if let found = known.withLock({ $0[key] }) { return found }
    let defined = DesiredStateBuilder.definedKinds(rendered.objects)
    let objects = try rendered.objects.map { object in
      let isNamespaced = defined[object.gvk.groupKind] ?? !ClusterScope.contains(object.gvk)
      return try Normaliser.normalise(
        object, namespace: namespace.isEmpty ? "default" : namespace, isNamespaced: isNamespaced)
    }
    let finished = ConfigRestart.applied(to: objects, of: application)
    return known.withLock { known in
      if let found = known[key] { return found }
      let placed = RenderedObjects(identity: UInt64(known.count) + 1, objects: finished)
      known[key] = placed
      return placed
    }
  }
}
