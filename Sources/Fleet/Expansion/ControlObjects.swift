package import Manifest

/// The objects beside an ApplicationSet that its generators refer to: ConfigMaps, Secrets, resources with decisions.
package struct ControlObjects: Sendable {
  private let objects: [Node]
  private let namespace: String

  /// - Parameter namespace: where the ApplicationSet lives; empty for the usual control namespace.
  package init(_ objects: [Node], namespace: String) {
    self.objects = objects
    self.namespace = namespace.isEmpty ? "argocd" : namespace
  }

  func configMap(_ name: String) -> Node? { named(name, apiVersion: "v1", kind: "ConfigMap") }

  /// The value of a Secret's key: `stringData` before `data`. Nil when there is none.
  package func secret(_ name: String, key: String) -> Redacted<String>? {
    named(name, apiVersion: "v1", kind: "Secret").flatMap { Self.value(of: $0, key: key) }
  }

  package static func value(of secret: Node, key: String) -> Redacted<String>? {
    if let text = secret["stringData"]?[key]?.string { return Redacted(text) }
    guard let bytes = secret["data"]?[key]?.string.flatMap(Base64.decode) else { return nil }
    return String(validating: bytes, as: UTF8.self).map { Redacted($0) }
  }

  /// The objects of a resource type, by its plural name (`placementdecisions`), sorted by name.
  func all(apiVersion: String, plural: String) -> [Node] {
    here.filter { $0["apiVersion"]?.string == apiVersion && Self.isPlural(plural, of: $0["kind"]?.string ?? "") }
      .sorted { ($0["metadata"]?["name"]?.string ?? "") < ($1["metadata"]?["name"]?.string ?? "") }
  }

  private var here: [Node] {
    objects.filter { object in
      let place = object["metadata"]?["namespace"]?.string ?? ""
      return place.isEmpty || place == namespace
    }
  }

  private func named(_ name: String, apiVersion: String, kind: String) -> Node? {
    here.first {
      $0["metadata"]?["name"]?.string == name && $0["kind"]?.string == kind && $0["apiVersion"]?.string == apiVersion
    }
  }

  /// Kubernetes' own guess at a plural, which nearly every CRD follows.
  private static func isPlural(_ plural: String, of kind: String) -> Bool {
    let singular = kind.lowercased()
    if plural.lowercased() == singular { return true }
    let guess: String =
      if singular.hasSuffix("s") || singular.hasSuffix("x") || singular.hasSuffix("ch") {
        singular + "es"
      } else if singular.hasSuffix("y") { String(singular.dropLast()) + "ies" } else { singular + "s" }
    return plural.lowercased() == guess
  }
}
